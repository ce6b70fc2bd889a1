package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.spi.Filter;
import dev.sluice.spi.Signal;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ExplainerTest {
    private final Fixture f = new Fixture(4);

    private static int rowOf(Decision decision, String id) {
        return Fixture.row(decision.placement().snapshot(), id);
    }

    @Test
    void theExplanationIsTheDecisionAndItsCounterfactualIsTrue() {
        Policy policy = Fixture.policy(Fixture.LEAST);
        SplittableRandom random = new SplittableRandom(5);
        int counterfactuals = 0;
        for (int i = 0; i < 300; i++) {
            f.tryCharge("e" + random.nextInt(4), new Work(random.nextInt(1, 3000), 0, 10));
            f.now += random.nextLong(100 * Fixture.MS);
            int[] cached = random.ints(4, 0, 100).toArray();
            Placement placement = f.placement(Set.of(), Set.of(), random.nextLong(), cached);
            Decision decision = Scheduler.decide(policy, placement, Faults.IGNORED);
            Explanation why = Explainer.explain(decision);
            assertThat(why.picked()).isEqualTo(decision.endpoint().id());
            assertThat(why.runnerUp()).isNotEqualTo(why.picked());
            if (why.counterfactual().isPresent()) {
                counterfactuals++;
                Explanation.Counterfactual turn = why.counterfactual().orElseThrow();
                Signal signal = Signal.valueOf(turn.signal().toUpperCase(Locale.ROOT));
                Placement changed = placement.on(
                        placement.snapshot().with(rowOf(decision, turn.endpoint()), signal, turn.becomes()));
                assertThat(Scheduler.decide(policy, changed, Faults.IGNORED)
                                .endpoint()
                                .id())
                        .isEqualTo(turn.picked())
                        .isEqualTo(why.runnerUp());
            }
        }
        assertThat(counterfactuals).isGreaterThan(250);
    }

    @Test
    void theCounterfactualIsTheNearestOne() {
        Placement placement = f.placement(50, 40, 0, 0);
        Explanation why = Explainer.explain(Scheduler.decide(Fixture.policy(Fixture.LEAST), placement, Faults.IGNORED));
        assertThat(why.picked()).isEqualTo("e0");
        assertThat(why.runnerUp()).isEqualTo("e1");
        Explanation.Counterfactual turn = why.counterfactual().orElseThrow();
        assertThat(turn.signal()).isEqualTo("cached_tokens");
        assertThat(turn.was()).isEqualTo(640);
        assertThat(turn.becomes()).isCloseTo(800, within(1.0));
        assertThat(turn.becomes()).as("tokens come whole").isEqualTo(Math.rint(turn.becomes()));
    }

    @Test
    void everyEndpointIsAccountedFor() {
        f.fail("e1", 5);
        Filter noTwo = (request, candidates, keep) -> {
            for (int i = 0; i < keep.length; i++) {
                keep[i] = !candidates.endpoint(i).id().equals("e2");
            }
        };
        Placement placement = f.placement(Set.of(), Set.of("e3"), 1);
        Explanation why = Explainer.explain(Scheduler.decide(
                Fixture.policy(List.of(noTwo), Fixture.BEST, Fixture.LEAST), placement, Faults.IGNORED));
        assertThat(why.candidates())
                .extracting(Explanation.Candidate::removedBy)
                .containsExactly("", "state ejected", "filter0", "tried already");
        assertThat(why.candidates().getFirst().scores()).containsKey("scorer0");
        assertThat(why.candidates().getFirst().total()).isPositive();
        assertThat(why.runnerUp()).isEmpty();
        assertThat(why.counterfactual()).isEmpty();
    }

    @Test
    void aRefusalAndAFallbackAreSaid() {
        Placement none = f.placement(Set.of("nobody"), Set.of(), 1);
        Explanation refused = Explainer.explain(Scheduler.decide(Fixture.policy(), none, Faults.IGNORED));
        assertThat(refused.picked()).isEmpty();
        assertThat(refused.note()).isEqualTo("refused: NO_ENDPOINT");
        Filter nobody = (request, candidates, keep) -> java.util.Arrays.fill(keep, false);
        Explanation fallback = Explainer.explain(
                Scheduler.decide(Fixture.policy(List.of(nobody), Fixture.BEST), f.placement(), Faults.IGNORED));
        assertThat(fallback.picked()).isNotEmpty();
        assertThat(fallback.note()).isEqualTo("policy left no endpoint");
    }
}
