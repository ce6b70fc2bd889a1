package dev.sluice.simulator.harness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.flow.AdmissionQueue.Bounds;
import dev.sluice.core.flow.Ceilings;
import dev.sluice.core.flow.FlowRules;
import dev.sluice.core.flow.FlowSettings;
import dev.sluice.core.flow.Saturation;
import dev.sluice.simulator.harness.FlowLoad.Client;
import dev.sluice.simulator.harness.FlowLoad.Outcome;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * More load than engines, in virtual time; prints its figures. The normal build runs a short form; {@code -Dsluice.overload=long} five minutes
 * of each, {@code -Dsluice.seed=N} another seed.
 */
class FlowOverloadTest {
    private static final boolean LONG = "long".equals(System.getProperty("sluice.overload"));
    private static final long SEED = Long.getLong("sluice.seed", 1);
    private static final Bounds BOUNDS = new Bounds(1024, 256L << 20);
    /** How long a request may wait, and its objective: a first token within two seconds. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private static final double OBJECTIVE_MS = 2000;
    private static final int PROMPT = 2000;

    private static FlowRules fair(double ttftMs) {
        return new FlowRules(
                FlowSettings.fair(BOUNDS), Saturation.leastWait(ttftMs), Ceilings.batch(1, FlowRules.BATCH));
    }

    private static Duration length() {
        return LONG ? Duration.ofMinutes(5) : Duration.ofSeconds(40);
    }

    private static FlowLoad load(FlowRules rules) {
        return new FlowLoad(SEED, rules, PATIENCE, length(), OBJECTIVE_MS);
    }

    private static Client one(double perSecond) {
        return new Client("one", 0, 1, perSecond, PROMPT);
    }

    /** Requests per second that the engines can answer at most. */
    private static double capacity() {
        return of(
                        new FlowLoad(SEED, fair(FlowRules.TTFT_MS), PATIENCE, Duration.ofSeconds(30), OBJECTIVE_MS)
                                .run(one(400)),
                        "one")
                .perSecond();
    }

    private static Outcome of(Map<String, Outcome> outcomes, String name) {
        Outcome outcome = outcomes.get(name);
        if (outcome == null) {
            throw new IllegalStateException("nothing is known of " + name);
        }
        return outcome;
    }

    private static void say(String title, Map<String, Outcome> outcomes) {
        System.out.print(title + ", seed " + SEED + ", " + length().toSeconds() + " s\n" + FlowLoad.table(outcomes));
    }

    @Test
    void tenTimesTheLoadCostsNothingOfWhatCanBeServed() {
        double capacity = capacity();
        double rate = 0.8 * capacity;
        Outcome peak = of(load(fair(FlowRules.TTFT_MS)).run(one(rate)), "one");
        for (double share : new double[] {0.9, 1.0, 1.1}) {
            Map<String, Outcome> outcomes = load(fair(FlowRules.TTFT_MS)).run(one(share * capacity));
            say("%.0f %% of %.1f requests/s".formatted(100 * share, capacity), outcomes);
            Outcome here = of(outcomes, "one");
            if (here.goodput() > peak.goodput()) {
                peak = here;
                rate = share * capacity;
            }
        }
        FlowLoad overload = load(fair(FlowRules.TTFT_MS));
        Map<String, Outcome> outcomes = overload.run(one(10 * rate));
        say("ten times the peak's load", outcomes);
        Outcome over = of(outcomes, "one");
        assertThat(over.goodput()).as("goodput, at peak %s", peak).isGreaterThanOrEqualTo(0.95 * peak.goodput());
        assertThat(over.p99()).as("TTFT p99, at peak %s", peak).isLessThanOrEqualTo(2 * peak.p99());
        assertThat(overload.mostWaiting()).isLessThanOrEqualTo(BOUNDS.count());
        assertThat(overload.mostBytes()).isLessThanOrEqualTo(BOUNDS.bytes());
        assertThat(over.other()).isZero();
    }

    /**
     * Two tenants of weights 1 and 3, so a quarter of the engines and three quarters. The first asks for a fifth of what the engines can do, four
     * fifths of its share, and the second for the rest: the engines are full. Then the second asks for a hundred times as much, and they
     * are full still: what differs is the neighbour, and not the load. For comparison, with engines that have a quarter to spare.
     */
    @Test
    void aNeighbourAtAHundredTimesItsShareIsNoLossToOthers() {
        double capacity = capacity();
        Client victim = new Client("victim", 0, 1, 0.2 * capacity, PROMPT);
        say(
                "two tenants, three quarters of what the engines can do in all",
                load(fair(FlowRules.TTFT_MS)).run(victim, new Client("noisy", 0, 3, 0.55 * capacity, PROMPT)));
        Map<String, Outcome> before =
                load(fair(FlowRules.TTFT_MS)).run(victim, new Client("noisy", 0, 3, 0.8 * capacity, PROMPT));
        say("the second asks for all that the first leaves", before);
        Map<String, Outcome> after =
                load(fair(FlowRules.TTFT_MS)).run(victim, new Client("noisy", 0, 3, 80 * capacity, PROMPT));
        say("for a hundred times as much", after);
        Outcome calm = of(before, "victim");
        Outcome stormy = of(after, "victim");
        assertThat(stormy.refused()).as("refusals of the victim").isZero();
        assertThat(stormy.p99()).as("TTFT p99, before %s", calm).isLessThanOrEqualTo(1.2 * calm.p99());
        assertThat(of(after, "all").perSecond()).as("the engines work on").isGreaterThan(0.9 * capacity);
    }

    @Test
    void sharesOfWorkFollowWeightsWhateverTheRequestsAreLike() {
        double capacity = capacity();
        Map<String, Outcome> outcomes = load(fair(FlowRules.TTFT_MS))
                .run(
                        new Client("gold", 0, 3, 5 * capacity, PROMPT / 2),
                        new Client("plain", 0, 1, 5 * capacity, PROMPT * 2));
        say("weights 3 and 1, prompts of 1000 and 4000 tokens", outcomes);
        assertThat(of(outcomes, "gold").refused()).isPositive();
        assertThat(of(outcomes, "plain").refused()).isPositive();
        double ratio =
                of(outcomes, "gold").tokensPerSecond() / of(outcomes, "plain").tokensPerSecond();
        // The work counts answers too, which are alike here: the ratio of prompts is a little lower.
        assertThat(ratio).isBetween(2.0, 3.3);
    }

    @Test
    void batchTakesWhatInteractiveTrafficLeavesAndNoMore() {
        double capacity = capacity();
        Client people = new Client("people", 0, 1, 0.5 * capacity, PROMPT);
        Client batch = new Client("batch", -1, 1, 5 * capacity, PROMPT);
        Map<String, Outcome> alone = load(fair(FlowRules.TTFT_MS)).run(people);
        Map<String, Outcome> both = load(fair(FlowRules.TTFT_MS)).run(people, batch);
        say("interactive traffic of half of what the engines can do, alone", alone);
        say("with ten times as much batch", both);
        assertThat(of(both, "people").refused()).isZero();
        assertThat(of(both, "all").perSecond()).as("batch fills the rest").isGreaterThan(0.85 * capacity);
        assertThat(of(both, "people").p99())
                .isLessThan(of(alone, "people").p99() + FlowRules.TTFT_MS * FlowRules.BATCH * 1.5);
    }
}
