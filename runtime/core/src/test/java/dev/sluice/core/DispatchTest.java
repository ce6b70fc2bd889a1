package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Choice;
import dev.sluice.spi.Ending;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Observer;
import dev.sluice.spi.Request;
import dev.sluice.spi.ResponseHeaderWriter;
import dev.sluice.spi.SaturationDetector;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.SessionKey;
import dev.sluice.spi.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DispatchTest {
    private final Fixture f = new Fixture(3);
    private final List<String> heard = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();

    private final Observer diary = new Observer() {
        @Override
        public void chosen(Request request, Candidates candidates, Choice choice) {
            heard.add("chosen " + choice.endpoint().id() + " of " + candidates.size() + ", attempt " + choice.attempt()
                    + ", cached " + choice.cachedTokens());
        }

        @Override
        public void began(Request request, Choice choice, long at) {
            heard.add("began after " + (at - choice.at()) / Fixture.MS);
        }

        @Override
        public void ended(Request request, Choice choice, Ending ending) {
            heard.add(ending.kind() + " after " + (ending.at() - choice.at()) / Fixture.MS + ", "
                    + ending.promptTokens() + " " + ending.cachedTokens() + " " + ending.outputTokens());
        }
    };

    @Test
    void observersHearOfAStreamFromItsChoiceToItsEnd() {
        Charge charge = charge(policy(List.of(diary)), Set.of());
        f.now += 30 * Fixture.MS;
        f.pool.firstToken(charge, f.now);
        f.pool.firstToken(charge, f.now);
        f.now += 50 * Fixture.MS;
        f.pool.settle(charge, Outcome.COMPLETED, new Usage(1600, 32, 7), 0, 0, f.now);
        f.pool.settle(charge, Outcome.FAILED, Usage.UNKNOWN, 0, 0, f.now);
        assertThat(heard)
                .containsExactly(
                        "chosen e1 of 3, attempt 1, cached 160", "began after 30", "COMPLETED after 80, 1600 32 7");
    }

    @Test
    void aWholeAnswerBeginsWhenItIsThereAndOneThatFailedNever() {
        Charge whole = charge(policy(List.of(diary)), Set.of());
        f.pool.settle(whole, Outcome.COMPLETED, Usage.UNKNOWN, 0, 0, f.now);
        Charge failed = charge(policy(List.of(diary)), Set.of("e0"));
        f.pool.settle(failed, Outcome.FAILED, Usage.UNKNOWN, 0, 0, f.now);
        assertThat(heard)
                .containsExactly(
                        "chosen e1 of 3, attempt 1, cached 160",
                        "began after 0",
                        "COMPLETED after 0, -1 -1 -1",
                        "chosen e1 of 2, attempt 2, cached 160",
                        "FAILED after 0, -1 -1 -1");
    }

    @Test
    void everyOutcomeHasItsKindAndKvThatDidNotComeAndWhatWasTakenBackBlameNoEndpoint() {
        for (Outcome outcome : Outcome.values()) {
            boolean nobodysFault = outcome == Outcome.HANDOVER_FAILED || outcome == Outcome.EVICTED;
            String kind = nobodysFault ? "CANCELLED" : outcome.name();
            assertThat(outcome.kind().name()).isEqualTo(kind);
        }
    }

    @Test
    void anObserverThatThrowsIsItsOwnFaultAndTheOthersAreTold() {
        Observer broken = new Observer() {
            @Override
            public void chosen(Request request, Candidates candidates, Choice choice) {
                throw new IllegalStateException("broken");
            }

            @Override
            public void ended(Request request, Choice choice, Ending ending) {
                throw new Abstained("counted elsewhere");
            }
        };
        Charge charge = charge(policy(List.of(broken, diary)), Set.of());
        f.pool.settle(charge, Outcome.CANCELLED, Usage.UNKNOWN, 0, 0, f.now);
        assertThat(heard).hasSize(2);
        assertThat(faults).containsExactly("observer part0 broken");
        assertThat(f.pool.inFlight()).isZero();
    }

    @Test
    void headersAreWrittenForTheChoiceAndAFaultKeepsWhatWasWritten() {
        ResponseHeaderWriter good = (request, choice, out) ->
                out.set("x-endpoint", choice.endpoint().id());
        ResponseHeaderWriter broken = (request, choice, out) -> {
            out.set("x-half", "yes");
            throw new IllegalStateException("broken");
        };
        Policy policy = policy(new Policy.Around(List.of(), List.of(), List.of(named(0, broken), named(1, good))));
        Map<String, String> headers = new TreeMap<>();
        Charge charge = charge(policy, Set.of());
        charge.writeHeaders(headers::put);
        assertThat(headers).containsExactly(Map.entry("x-endpoint", "e1"), Map.entry("x-half", "yes"));
        assertThat(faults).containsExactly("response-header-writer part0 broken");
        Charge plain = charge(Fixture.policy(Fixture.scores(0, 1, 0)), Set.of());
        plain.writeHeaders((name, value) -> {
            throw new AssertionError("nobody writes");
        });
    }

    @Test
    void theFirstKeyThatFindsASessionCounts() {
        SessionKey none = request -> Optional.empty();
        SessionKey broken = request -> {
            throw new IllegalStateException("broken");
        };
        SessionKey tooLong = request -> Optional.of("x".repeat(257));
        SessionKey finds = request -> Optional.of("s1");
        Policy policy = policy(new Policy.Around(
                List.of(named(0, none), named(1, broken), named(2, tooLong), named(3, finds)), List.of(), List.of()));
        assertThat(policy.session(Fixture.request(), this::fault)).contains("s1");
        assertThat(faults).containsExactly("session-key part1 broken");
        assertThat(Fixture.policy().session(Fixture.request(), this::fault)).isEmpty();
        assertThat(Fixture.request().in("s1").session()).contains("s1");
    }

    @Test
    void aLaterProfileIsShownWhatTheOneBeforePickedAndAllPicksAreTold() {
        List<Optional<String>> peers = new ArrayList<>();
        Scorer looking = (request, candidates, scores) -> {
            peers.add(candidates.peer().map(Endpoint::id));
            scores[2] = 1;
        };
        Policy two = new Policy(
                "p",
                List.of(),
                List.of(),
                Fixture.handler(),
                List.of(
                        Fixture.profile("prefill", List.of(), Fixture.BEST, looking, Fixture.scores(0, 1, 0)),
                        Fixture.profile("decode", List.of(), Fixture.BEST, looking, Fixture.scores(1, 0, 0))));
        Decision decision = Scheduler.decide(two, f.placement(), this::fault);
        assertThat(peers).containsExactly(Optional.empty(), Optional.of("e1"));
        assertThat(decision.picks()).containsExactly(new Decision.Pick("prefill", 1), new Decision.Pick("decode", 0));
        assertThat(decision.endpoint().id()).isEqualTo("e0");
    }

    @Test
    void sheddableRequestsAreRefusedWhileTheDetectorSaysSo() {
        double[] saturation = {1};
        Shedding shedding = new Shedding(candidates -> saturation[0]);
        RoutingRequest normal = Fixture.request();
        assertThat(shedding.refuse(normal, Scheduler.candidates(f.placement()))).isEmpty();
        assertThat(shedding.refuse(sheddable(), Scheduler.candidates(f.placement())))
                .contains("saturation is 1.0 and the request's priority -1");
        saturation[0] = 0.999;
        assertThat(shedding.refuse(sheddable(), Scheduler.candidates(f.placement())))
                .isEmpty();
        saturation[0] = Double.NaN;
        assertThat(shedding.refuse(sheddable(), Scheduler.candidates(f.placement())))
                .isEmpty();
    }

    @Test
    void whatARememberingPartAnsweredIsKeptForTheExplanation() {
        double[] answer = {1};
        Scorer remembering = new Scorer() {
            @Override
            public void score(Request request, Candidates candidates, double[] scores) {
                scores[0] = answer[0];
                scores[1] = 0.5;
                scores[2] = 0;
            }

            @Override
            public boolean stateful() {
                return true;
            }
        };
        Decision decision = Scheduler.decide(Fixture.policy(remembering), f.placement(), this::fault);
        answer[0] = 0;
        Explanation explanation = Explainer.explain(decision);
        assertThat(explanation.picked()).isEqualTo("e0");
        assertThat(explanation.candidates().getFirst().scores()).containsEntry("scorer0", 1.0);
        assertThat(new Shedding(new SaturationDetector() {
                            @Override
                            public double saturation(Candidates candidates) {
                                return 0;
                            }

                            @Override
                            public boolean stateful() {
                                return true;
                            }
                        })
                        .stateful())
                .isTrue();
    }

    @Test
    void decisionsShowTheirSeedAndTheTimeOfTheirPicture() {
        List<Long> seen = new ArrayList<>();
        Scorer looking = (request, candidates, scores) -> {
            seen.add(candidates.seed());
            seen.add(candidates.takenAt());
        };
        Scheduler.decide(Fixture.policy(looking), f.placement(Set.of(), Set.of(), 77), this::fault);
        assertThat(seen).containsExactly(77L, f.now);
    }

    @Test
    void adaptersAndAttributesOfTheLastPageAreShown() {
        Scrape page =
                new Scrape(1, 2, 0.5, 16, 100, new Adapters(List.of("m", "a"), List.of("b"), 4), Map.of("joules", 3.5));
        f.pool.scraped("e0", page, f.now);
        f.pool.scraped("e1", new Scrape(1, 2, 0.5, 16, 100), f.now);
        Candidates candidates = Scheduler.candidates(f.placement());
        assertThat(candidates.signal(0, Signal.ADAPTER_RUNNING)).isEqualTo(1);
        assertThat(candidates.signal(0, Signal.ADAPTER_WAITING)).isEqualTo(0);
        assertThat(candidates.signal(0, Signal.ADAPTERS)).isEqualTo(3);
        assertThat(candidates.signal(0, Signal.MAX_ADAPTERS)).isEqualTo(4);
        assertThat(candidates.signal(0, Signal.KV_BLOCKS)).isEqualTo(100);
        assertThat(candidates.attribute(0, "joules")).isEqualTo(3.5);
        assertThat(candidates.attribute(0, "other")).isNaN();
        assertThat(candidates.signal(1, Signal.ADAPTER_RUNNING)).isNaN();
        assertThat(candidates.signal(1, Signal.ADAPTERS)).isNaN();
        assertThat(candidates.attribute(1, "joules")).isNaN();
        f.pool.scrapeLost("e0");
        Candidates later = Scheduler.candidates(f.placement());
        assertThat(later.attribute(0, "joules")).isNaN();
        assertThat(later.signal(0, Signal.ADAPTERS)).isNaN();
        assertThat(later.signal(0, Signal.KV_BLOCKS)).isEqualTo(100);
    }

    @Test
    void anExtractorsWordForASignalReplacesWhatWasRead() {
        Scrape read = new Scrape(1, 2, 0.5, 16, 100)
                .with(Map.of("signal/waiting", 7.0, "signal/kv_usage", 2.0, "joules", 1.0));
        assertThat(read.waiting()).isEqualTo(7);
        assertThat(read.running()).isEqualTo(2);
        assertThat(read.kvUsage()).isNaN();
        assertThat(read.attributes()).containsExactly(Map.entry("joules", 1.0));
    }

    @Test
    void objectivesThatAreNoTimesAreNone() {
        RoutingRequest.Objectives none = new RoutingRequest.Objectives(-1, Double.POSITIVE_INFINITY);
        assertThat(none.ttftMs()).isNaN();
        assertThat(none.tpotMs()).isNaN();
        assertThat(Fixture.request().ttftObjectiveMs()).isNaN();
        assertThat(Fixture.request().tpotObjectiveMs()).isNaN();
    }

    private void fault(String point, String name, Throwable fault) {
        faults.add(point + " " + name + " " + fault.getMessage());
    }

    /** Charges e1, which holds 10 blocks of 16 tokens. */
    private Charge charge(Policy policy, Set<String> tried) {
        Placement placement = f.placement(Set.of(), tried, 1, 0, 10, 0);
        Decision decision = Scheduler.decide(policy, placement, this::fault);
        Work work = new Work(1600, placement.cachedTokens(decision.row()), 100);
        Charge charge = f.pool.charge(placement.snapshot(), decision.row(), work, 160, f.now)
                .orElseThrow();
        Dispatch.chosen(decision, charge, this::fault, tried.size() + 1, f.now);
        return charge;
    }

    private static RoutingRequest sheddable() {
        RoutingRequest normal = Fixture.request();
        return new RoutingRequest(
                normal.id(),
                normal.tenant(),
                normal.model(),
                normal.path(),
                normal.headers(),
                normal.session(),
                -1,
                normal.promptTokens(),
                0,
                1,
                16,
                true,
                normal.text());
    }

    private static Policy policy(List<Observer> observers) {
        List<Named<Observer>> named = new ArrayList<>();
        observers.forEach(observer -> named.add(named(named.size(), observer)));
        return policy(new Policy.Around(List.of(), named, List.of()));
    }

    private static Policy policy(Policy.Around around) {
        Scorer mostCached = (request, candidates, scores) -> {
            for (int i = 0; i < scores.length; i++) {
                scores[i] = Math.min(1, candidates.signal(i, Signal.CACHED_TOKENS) / 1000);
            }
        };
        Profile profile = Fixture.profile("default", List.of(), Fixture.BEST, mostCached);
        return new Policy("p", List.of(), List.of(), Fixture.handler(), List.of(profile), around);
    }

    private static <P> Named<P> named(int position, P part) {
        return new Named<>("part", "part" + position, part);
    }
}
