package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.Policy.Named;
import dev.sluice.spi.Admission;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Producer;
import dev.sluice.spi.Scorer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DecisionTest {
    private static final double NAN = Double.NaN;
    private final Fixture f = new Fixture(3);
    private final List<String> faults = new ArrayList<>();
    private final Faults counting = (point, name, fault) -> faults.add(point + " " + name);

    private Decision decide(Policy policy) {
        return Scheduler.decide(policy, f.placement(), counting);
    }

    private static final Scorer BROKEN = (request, candidates, scores) -> {
        scores[0] = 1;
        throw new IllegalStateException("broken");
    };

    @Test
    void theSamePlacementGivesTheSameDecision() {
        Policy ties = Fixture.policy(Fixture.scores(0.5, 0.5, 0.5));
        Set<String> seen = new LinkedHashSet<>();
        for (long seed = 0; seed < 50; seed++) {
            Placement placement = f.placement(Set.of(), Set.of(), seed);
            String first =
                    Scheduler.decide(ties, placement, counting).endpoint().id();
            for (int i = 0; i < 5; i++) {
                assertThat(Scheduler.decide(ties, placement, counting)
                                .endpoint()
                                .id())
                        .isEqualTo(first);
            }
            seen.add(first);
        }
        assertThat(seen).as("the seed is what breaks ties").hasSize(3);
    }

    @Test
    void anUnknownScoreCountsAsTheMeanOfTheKnownOnes() {
        assertThat(decide(Fixture.policy(Fixture.scores(0.2, 0.8, NAN), Fixture.scores(0.5, 0.0, 0.6)))
                        .row())
                .as("0.7, 0.8, 1.1")
                .isEqualTo(2);
        assertThat(decide(Fixture.policy(Fixture.scores(NAN, NAN, 0.3), Fixture.scores(0.1, 0.2, 0.15)))
                        .row())
                .as("one known value leaves the others alike")
                .isEqualTo(1);
    }

    @Test
    void aScorerThatKnowsNothingIsOut() {
        assertThat(decide(Fixture.policy(Fixture.scores(NAN, NAN, NAN), Fixture.scores(0, 1, 0)))
                        .row())
                .isEqualTo(1);
        assertThat(faults).isEmpty();
    }

    @Test
    void scoresOutsideTheirRangeAreClampedAndCounted() {
        assertThat(decide(Fixture.policy(Fixture.scores(1e9, 1, Double.NEGATIVE_INFINITY), Fixture.scores(0, 0.1, 0)))
                        .row())
                .isEqualTo(1);
        assertThat(faults).containsExactly("scorer scorer0", "scorer scorer0");
    }

    @Test
    void aScorerThatThrowsLosesItsVoteAndNothingElse() {
        Decision decision = decide(Fixture.policy(BROKEN, Fixture.scores(0, 0, 1)));
        assertThat(decision.row()).isEqualTo(2);
        assertThat(decision.fallback()).isEmpty();
        assertThat(faults).containsExactly("scorer scorer0");
    }

    @Test
    void aFilterThatThrowsRemovesNothing() {
        Filter broken = (request, candidates, keep) -> {
            java.util.Arrays.fill(keep, false);
            throw new IllegalStateException("broken");
        };
        assertThat(decide(Fixture.policy(List.of(broken), Fixture.BEST, Fixture.scores(0, 1, 0)))
                        .row())
                .isEqualTo(1);
        assertThat(faults).containsExactly("filter filter0");
    }

    @Test
    void filtersSeeWhatEarlierOnesLeft() {
        Filter first = (request, candidates, keep) -> keep[0] = false;
        Filter second = (request, candidates, keep) -> {
            assertThat(candidates.size()).isEqualTo(2);
            keep[0] = !candidates.endpoint(0).id().equals("e1");
        };
        assertThat(decide(Fixture.policy(List.of(first, second), Fixture.BEST)).row())
                .isEqualTo(2);
    }

    @Test
    void aPickerThatThrowsOrLiesIsReplacedByTheHighestScore() {
        Picker broken = (request, candidates, totals, order, random) -> {
            throw new IllegalStateException("broken");
        };
        Picker nothing = (request, candidates, totals, order, random) -> 0;
        Picker outside = (request, candidates, totals, order, random) -> {
            order[0] = 17;
            return 1;
        };
        Picker tooMany = (request, candidates, totals, order, random) -> 99;
        for (Picker picker : List.of(broken, nothing, outside, tooMany)) {
            faults.clear();
            assertThat(decide(Fixture.policy(List.of(), picker, Fixture.scores(0, 0.9, 0.8)))
                            .row())
                    .isEqualTo(1);
            assertThat(faults).containsExactly("picker picker");
        }
    }

    @Test
    void aStackOverflowIsAFaultLikeAnyOther() {
        Scorer deep = (request, candidates, scores) -> {
            throw new StackOverflowError();
        };
        assertThat(decide(Fixture.policy(deep, Fixture.scores(0, 1, 0))).row()).isEqualTo(1);
        assertThat(faults).containsExactly("scorer scorer0");
    }

    @Test
    void whenThePolicyLeavesNobodyTheLeastWorkServesAndItIsSaid() {
        f.charge("e0", new Work(5000, 0, 10));
        f.charge("e2", new Work(100, 0, 10));
        Filter nobody = (request, candidates, keep) -> java.util.Arrays.fill(keep, false);
        Decision decision = decide(Fixture.policy(List.of(nobody), Fixture.BEST));
        assertThat(decision.endpoint().id()).isEqualTo("e1");
        assertThat(decision.fallback()).contains("policy left no endpoint");
    }

    @Test
    void tenantAndModelRulesAreNotRelaxedByTheFallback() {
        Filter nobody = (request, candidates, keep) -> java.util.Arrays.fill(keep, false);
        Policy policy = Fixture.policy(List.of(nobody), Fixture.BEST);
        for (long seed = 0; seed < 20; seed++) {
            Placement placement = f.placement(Set.of("e2"), Set.of(), seed);
            assertThat(Scheduler.decide(policy, placement, counting).endpoint().id())
                    .isEqualTo("e2");
        }
        Decision none = Scheduler.decide(policy, f.placement(Set.of("e9"), Set.of(), 1), counting);
        assertThat(none.refusal()).contains(Decision.Refusal.NO_ENDPOINT);
    }

    @Test
    void whatWasTriedAlreadyIsNotTriedAgain() {
        Policy first = Fixture.policy(Fixture.scores(1, 0.5, 0));
        assertThat(Scheduler.decide(first, f.placement(Set.of(), Set.of("e0"), 1), counting)
                        .endpoint()
                        .id())
                .isNotEqualTo("e0");
    }

    @Test
    void endpointsOutOfServiceAreNoCandidatesUnlessNobodyIsLeft() {
        f.fail("e0", 5);
        Policy wantsFirst = Fixture.policy(Fixture.scores(1, 0.5, 0));
        assertThat(decide(wantsFirst).endpoint().id()).isNotEqualTo("e0");
        Decision last = Scheduler.decide(wantsFirst, f.placement(Set.of(), Set.of("e1", "e2"), 1), counting);
        assertThat(last.endpoint().id()).isEqualTo("e0");
        f.pool.drain("e1", "x", f.now);
        f.pool.drain("e2", "x", f.now);
        assertThat(decide(wantsFirst).endpoint().id()).isEqualTo("e0");
    }

    @Test
    void fullEndpointsAreASaturationAndNotAnOutage() {
        Fixture small = new Fixture(2, Fixture.settings(1, Duration.ZERO));
        small.charge("e0");
        small.charge("e1");
        assertThat(Scheduler.decide(Fixture.policy(), small.placement(), counting)
                        .refusal())
                .contains(Decision.Refusal.SATURATED);
        small.pool.drain("e0", "x", small.now);
        small.pool.drain("e1", "x", small.now);
        assertThat(Scheduler.decide(Fixture.policy(), small.placement(), counting)
                        .refusal())
                .contains(Decision.Refusal.NO_ENDPOINT);
    }

    @Test
    void producersFeedScorersAndAdmissionsRefuse() {
        Producer producer = (request, candidates, out) -> {
            out.set(1, "x", 1);
            out.set(2, "x", 0.5);
        };
        Scorer reads = (request, candidates, scores) -> {
            for (int i = 0; i < scores.length; i++) {
                scores[i] = candidates.attribute(i, "x");
            }
        };
        Admission refuses = (request, candidates) -> Optional.of("no");
        Policy plain = Fixture.policy(reads);
        Policy fed =
                new Policy("p", List.of(new Named<>("t", "n", producer)), List.of(), plain.handler(), plain.profiles());
        assertThat(decide(fed).row()).isEqualTo(1);
        Policy refusing =
                new Policy("p", List.of(), List.of(new Named<>("t", "n", refuses)), plain.handler(), plain.profiles());
        assertThat(decide(refusing).refusal()).contains(Decision.Refusal.NOT_ADMITTED);
    }

    @Test
    void theHandlersPrimaryProfileServes() {
        Policy two = new Policy(
                "p",
                List.of(),
                List.of(),
                Fixture.handler(),
                List.of(
                        Fixture.profile("one", List.of(), Fixture.BEST, Fixture.scores(1, 0, 0)),
                        Fixture.profile("two", List.of(), Fixture.BEST, Fixture.scores(0, 0, 1))));
        assertThat(decide(two).row()).isEqualTo(2);
    }

    @Test
    void cachedTokensAreScaledByTrustAndKeptBelowThePrompt() {
        Placement placement = f.placement(10, 1000);
        assertThat(placement.cachedTokens(0)).isEqualTo(160);
        assertThat(placement.cachedTokens(1)).isEqualTo(1599);
        assertThat(placement.cachedTokens(2)).isZero();
        assertThat(Scheduler.decide(Fixture.policy(Fixture.LEAST), placement, counting)
                        .row())
                .isEqualTo(1);
    }
}
