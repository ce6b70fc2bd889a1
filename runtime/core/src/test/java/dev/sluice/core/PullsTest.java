package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;
import dev.sluice.spi.SourcePicker;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What of a prompt is fetched from whom: priced between having it and computing it, and learned from what fetches took. */
class PullsTest {
    /** 1,600 tokens in blocks of 16; 20,000 tokens/s; a fetch takes 25 ms and 12 µs a token before one was seen. */
    private final Fixture f = new Fixture(
            4,
            new PoolSettings(
                    "test",
                    2,
                    16,
                    5,
                    Duration.ofSeconds(1),
                    Duration.ZERO,
                    PoolSettings.Priors.DEFAULT,
                    PoolSettings.Moves.NONE,
                    true));

    /** Time to have the prompt computed, in ms. */
    private static final Scorer TIME = (request, set, scores) -> {
        for (int i = 0; i < scores.length; i++) {
            double tokens = request.promptTokens()
                    - set.signal(i, Signal.CACHED_TOKENS)
                    - set.signal(i, Signal.PULLED_TOKENS)
                    + set.signal(i, Signal.PENDING_PREFILL_TOKENS);
            scores[i] = 1 / (1 + tokens / set.signal(i, Signal.PREFILL_RATE) * 1000 + set.signal(i, Signal.PULL_MS));
        }
    };

    private Placement placement(Set<String> excluded, int... blocks) {
        return new Placement(
                Fixture.request(),
                f.pool.snapshot(f.now),
                blocks,
                "",
                Set.of(),
                excluded,
                7,
                new Splitting(Set.of(), true));
    }

    private Decision decide(int... blocks) {
        return Scheduler.decide(Fixture.policy(TIME), placement(Set.of(), blocks), Faults.IGNORED);
    }

    private void fill(String id) {
        f.charge(id);
        f.charge(id);
    }

    @Test
    void whatIsHeldIsNotFetched() {
        Decision decision = decide(96, 0, 0, 0);
        assertThat(decision.endpoint().id()).isEqualTo("e0");
        assertThat(decision.pull()).isEmpty();
    }

    @Test
    void anEndpointThatIsFullHandsOverWhatItHolds() {
        fill("e0");
        Decision decision = decide(96, 0, 0, 0);
        Pull pull = decision.pull().orElseThrow();
        assertThat(decision.endpoint().id()).isNotEqualTo("e0");
        assertThat(pull.row()).isEqualTo(decision.row());
        assertThat(pull.source()).isZero();
        assertThat(pull.tokens()).isEqualTo(1536);
        // 25 + 0.012 * 1536 against 1536 / 20
        assertThat(pull.ms()).isCloseTo(43.432, within(0.01));
        assertThat(pull.computeMs()).isCloseTo(76.8, within(0.01));
    }

    /** As it is defined: every source is looked at. */
    private static int best(Snapshot snapshot, double[] cached, int row) {
        int best = -1;
        double most = 0;
        double each = 1000 / snapshot.signal(row, Signal.PREFILL_RATE);
        for (int source = 0; source < cached.length; source++) {
            int more = (int) (cached[source] - cached[row]);
            boolean answers = snapshot.status(source) == EndpointStatus.READY;
            if (source == row || more < 16 || !answers) {
                continue;
            }
            double saved = more * each - snapshot.pullMs(source, row, more);
            boolean lessBusy = best >= 0
                    && snapshot.signal(source, Signal.IN_FLIGHT_REQUESTS)
                            < snapshot.signal(best, Signal.IN_FLIGHT_REQUESTS);
            if (saved > most || (saved == most && lessBusy)) {
                best = source;
                most = saved;
            }
        }
        return best;
    }

    private static void fetched(Fixture f, int from, int to, double ms) {
        Snapshot snapshot = f.pool.snapshot(f.now);
        Charge charge =
                f.pool.charge(snapshot, to, new Work(1600, 1536, 100), 0, f.now).orElseThrow();
        f.pool.fetches(charge, snapshot, new Pull(to, from, 1536, 43, 76.8));
        f.now += (long) (ms * Fixture.MS);
        f.pool.firstToken(charge, f.now);
        f.pool.settle(charge, Outcome.COMPLETED, new Usage(1600, 1536, 10), 0, 6400, f.now);
    }

    /** Pools of different speeds and links, prompts of which some hold the same, some a little more, some nothing. */
    @Test
    void leavingSourcesOutChangesNoChoice() {
        int fetching = 0;
        int not = 0;
        for (int seed = 0; seed < 60; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Fixture pool = new Fixture(
                    24,
                    new PoolSettings(
                            "test",
                            64,
                            16,
                            5,
                            Duration.ofSeconds(1),
                            Duration.ZERO,
                            PoolSettings.Priors.DEFAULT,
                            PoolSettings.Moves.NONE,
                            true));
            for (int i = 0; i < 40; i++) {
                int from = random.nextInt(24);
                int to = random.nextInt(24);
                if (from != to) {
                    // Of the first fetch of a pair nothing is learned.
                    fetched(pool, from, to, random.nextDouble(20, 90));
                    fetched(pool, from, to, random.nextDouble(20, 90));
                }
            }
            for (int i = 0; i < 150; i++) {
                pool.charge("e" + random.nextInt(24));
            }
            pool.pool.pulls().failed(new Links.Ends("e3", "e4"), pool.now);
            pool.fail("e5", 5);
            Snapshot snapshot = pool.pool.snapshot(pool.now);
            for (int round = 0; round < 50; round++) {
                int shared = random.nextInt(3) * 512;
                double fine = random.nextInt(4) == 0 ? 0.5 : 0;
                double[] cached = new double[24];
                for (int i = 0; i < cached.length; i++) {
                    cached[i] = switch (random.nextInt(4)) {
                        case 0 -> shared;
                        case 1 -> 6000;
                        case 2 -> 6000 + random.nextInt(3) + fine;
                        default -> random.nextInt(8000) + fine;
                    };
                }
                Placement placement = new Placement(
                        Fixture.request(),
                        snapshot,
                        new int[24],
                        "",
                        Set.of(),
                        Set.of(),
                        7,
                        new Splitting(Set.of(), true));
                Pulls pulls = Pulls.of(placement, cached);
                for (int row = 0; row < cached.length; row++) {
                    int expected = best(snapshot, cached, row);
                    assertThat(pulls.of(row).map(Pull::source).orElse(-1))
                            .as("seed %d, round %d, row %d", seed, round, row)
                            .isEqualTo(expected);
                    fetching += expected >= 0 ? 1 : 0;
                    not += expected < 0 ? 1 : 0;
                }
            }
        }
        assertThat(fetching).isGreaterThan(5000);
        assertThat(not).isGreaterThan(5000);
    }

    @Test
    void aLittleMoreIsComputedSoonerThanItIsFetched() {
        fill("e0");
        // 480 tokens: 24 ms to compute
        assertThat(decide(30, 0, 0, 0).pull()).isEmpty();
        // 640 more than it has: 32 ms to compute, 32.7 to fetch
        assertThat(decide(96, 0, 56, 0).endpoint().id()).isEqualTo("e2");
        assertThat(decide(96, 0, 56, 0).pull()).isEmpty();
        // 736 more: 36.8 ms and 33.8
        Pull pull = decide(96, 0, 50, 0).pull().orElseThrow();
        assertThat(pull.tokens()).isEqualTo(1536 - 800);
        assertThat(pull.row()).isEqualTo(2);
    }

    @Test
    void thePriceLiesBetweenAHitAndAMiss() {
        CandidateSet set = new CandidateSet(placement(Set.of(), 96, 0, 0, 0), new int[] {0, 1, 2, 3});
        double[] scores = new double[4];
        TIME.score(Fixture.request(), set, scores);
        CandidateSet without = new CandidateSet(f.placement(96, 0, 0, 0), new int[] {0, 1, 2, 3});
        double[] alone = new double[4];
        TIME.score(Fixture.request(), without, alone);
        assertThat(scores[0]).isEqualTo(alone[0]).isGreaterThan(scores[1]);
        assertThat(scores[1]).isGreaterThan(alone[1]);
        assertThat(without.signal(1, Signal.PULLED_TOKENS)).isZero();
    }

    @Test
    void onlyWhoAnswersIsASource() {
        f.fail("e0", 5);
        assertThat(f.status("e0")).isEqualTo(EndpointStatus.EJECTED);
        assertThat(decide(96, 0, 0, 0).pull()).isEmpty();

        f.pool.drain("e1", "to be replaced", f.now);
        assertThat(decide(0, 96, 0, 0).pull().orElseThrow().source()).isEqualTo(1);

        Placement tried = placement(Set.of("e2"), 0, 0, 96, 0);
        assertThat(Scheduler.decide(Fixture.policy(TIME), tried, Faults.IGNORED).pull())
                .as("one that has just failed")
                .isEmpty();
    }

    /** A claim on an endpoint of a prompt of 1,600 tokens that fetches 1,536 of them from e0. */
    private Charge fetching(String id) {
        Snapshot snapshot = f.pool.snapshot(f.now);
        int row = Fixture.row(snapshot, id);
        Pull pull = new Pull(row, 0, 1536, snapshot.pullMs(0, row, 1536), 76.8);
        Charge charge = f.pool.charge(snapshot, row, new Work(1600, pull.tokens(), 100), 0, f.now)
                .orElseThrow();
        f.pool.fetches(charge, snapshot, pull);
        return charge;
    }

    private void after(Charge charge, double ms, int reported) {
        f.now += (long) (ms * Fixture.MS);
        f.pool.firstToken(charge, f.now);
        f.pool.settle(charge, Outcome.COMPLETED, new Usage(1600, reported, 10), 0, 6400, f.now);
    }

    @Test
    void aLinkTeachesItsSpeedAndTheNextDecisionKnows() {
        double before = f.pool.snapshot(f.now).pullMs(0, 1, 1536);
        for (int i = 0; i < 12; i++) {
            // 15 ms overhead, 3.2 ms for the 64 tokens that were computed, and the fetch
            after(fetching("e1"), 15 + 3.2 + 8, 0);
            after(fetching("e2"), 15 + 3.2 + 60, 1536);
        }
        Snapshot learned = f.pool.snapshot(f.now);
        assertThat(learned.pullMs(0, 1, 1536)).isLessThan(before / 2);
        assertThat(learned.pullMs(0, 2, 1536)).isGreaterThan(before);
        assertThat(learned.signal(1, Signal.PREFILL_RATE))
                .as("what was fetched was not computed")
                .isEqualTo(20_000);
        assertThat(learned.trust(1))
                .as("nothing was predicted, nothing was missing")
                .isEqualTo(1);
        fill("e0");
        assertThat(decide(96, 0, 0, 0).endpoint().id()).isEqualTo("e1");
    }

    @Test
    void whatIsGoneIsComputedAndAFetchIsNeverBelievedToBeSlowerThanThat() {
        double before = f.pool.snapshot(f.now).pullMs(0, 1, 1536);
        Charge charge = fetching("e1");
        after(charge, 15 + 3.2 + 5000, 0);
        assertThat(charge.fetched()).contains(Charge.Fetched.NO_SOONER);
        assertThat(f.pool.snapshot(f.now).pullMs(0, 1, 1536))
                .as("the first of a pair may have shaken hands")
                .isEqualTo(before);
        after(fetching("e1"), 15 + 3.2 + 5000, 0);
        f.now += Fixture.SECOND;
        assertThat(f.pool.snapshot(f.now).pullMs(0, 1, 1536)).isGreaterThan(before);
        assertThat(f.pool.snapshot(f.now).pullMs(0, 1, 1536)).isLessThanOrEqualTo(77);
    }

    @Test
    void aClaimCountsWhatIsLeftToComputeAndIsGivenBackOnce() {
        Charge charge = fetching("e1");
        assertThat(f.signal("e1", Signal.PENDING_PREFILL_TOKENS)).isEqualTo(64);
        assertThat(charge.fetchedTokens()).isEqualTo(1536);
        assertThat(charge.fetched()).isEmpty();
        f.settle(charge, Outcome.CANCELLED);
        f.settle(charge, Outcome.COMPLETED);
        assertThat(charge.fetched()).contains(Charge.Fetched.CANCELLED);
        assertThat(f.signal("e1", Signal.PENDING_PREFILL_TOKENS)).isZero();
        assertThat(f.pool.inFlight()).isZero();
        Charge broken = fetching("e1");
        f.settle(broken, Outcome.HANDOVER_FAILED);
        assertThat(broken.fetched()).contains(Charge.Fetched.FAILED);
        assertThat(f.report("e1").status()).as("not to blame").isEqualTo(EndpointStatus.READY);
    }

    @Test
    void wholeAnswersTeachToo() {
        Snapshot snapshot = f.pool.snapshot(f.now);
        double before = snapshot.pullMs(0, 1, 1536);
        for (int i = 0; i < 12; i++) {
            Snapshot now = f.pool.snapshot(f.now);
            Charge charge = f.pool.charge(now, 1, new Work(1600, 1536, 11, false), 0, f.now)
                    .orElseThrow();
            f.pool.fetches(charge, now, new Pull(1, 0, 1536, before, 76.8));
            f.now += (long) ((18.2 + 10 * 8 + 10) * Fixture.MS);
            f.pool.settle(charge, Outcome.COMPLETED, new Usage(1600, 0, 11), 0, 6400, f.now);
            assertThat(charge.fetched()).contains(Charge.Fetched.SOONER);
        }
        assertThat(f.pool.snapshot(f.now).pullMs(0, 1, 1536)).isLessThan(before);
    }

    @Test
    void aPairThatFailedRests() {
        fill("e0");
        for (String id : List.of("e1", "e2", "e3")) {
            f.pool.pulls().failed(new Links.Ends("e0", id), f.now);
        }
        assertThat(decide(96, 0, 0, 0).pull()).isEmpty();
        f.now += 6 * Fixture.SECOND;
        assertThat(decide(96, 0, 0, 0).pull()).isPresent();
    }

    private record Says(int index) implements SourcePicker {
        @Override
        public int source(Request request, Candidates sources, Endpoint computing, double held) {
            return index;
        }
    }

    private Policy with(SourcePicker picker) {
        Policy plain = Fixture.policy(TIME);
        return new Policy(
                plain.name(),
                plain.producers(),
                plain.admissions(),
                plain.handler(),
                plain.profiles(),
                new Policy.Around(
                        List.of(), List.of(), List.of(), Optional.of(new Policy.Named<>("says", "says", picker))));
    }

    @Test
    void aPolicyMaySayFromWhom() {
        fill("e0");
        fill("e1");
        Placement placement = placement(Set.of(), 96, 90, 0, 0);
        Pull second = Scheduler.decide(with(new Says(1)), placement, Faults.IGNORED)
                .pull()
                .orElseThrow();
        assertThat(second.source()).isEqualTo(1);
        assertThat(second.tokens()).isEqualTo(1440);
        assertThat(Scheduler.decide(with(new Says(-1)), placement, Faults.IGNORED)
                        .pull())
                .isEmpty();
        int[] faults = {0};
        Faults counted = (point, name, fault) -> faults[0]++;
        Decision wrong = Scheduler.decide(with(new Says(9)), placement, counted);
        assertThat(wrong.pull())
                .as("a fault costs the fetch and not the request")
                .isEmpty();
        assertThat(wrong.refusal()).isEmpty();
        assertThat(faults[0]).isEqualTo(1);
    }

    @Test
    void anExplanationSaysWhoFetchesWhatAndItsCounterfactualIsTrue() {
        fill("e0");
        Explanation why = Explainer.explain(decide(96, 0, 0, 0));
        Explanation.Pull pull = why.pull().orElseThrow();
        assertThat(pull.source()).isEqualTo("e0");
        assertThat(pull.to()).isEqualTo(why.picked());
        assertThat(pull.tokens()).isEqualTo(1536);
        assertThat(pull.ms()).isLessThan(pull.computeMs());

        Policy policy = Fixture.policy(TIME);
        SplittableRandom random = new SplittableRandom(3);
        int proven = 0;
        for (int i = 0; i < 200; i++) {
            Placement placement = placement(Set.of(), random.ints(4, 0, 100).toArray());
            Decision decision = Scheduler.decide(policy, placement, Faults.IGNORED);
            Explanation said = Explainer.explain(decision);
            if (said.counterfactual().isPresent()) {
                Explanation.Counterfactual turn = said.counterfactual().orElseThrow();
                Signal signal = Signal.valueOf(turn.signal().toUpperCase(Locale.ROOT));
                int row = Fixture.row(placement.snapshot(), turn.endpoint());
                Placement changed = placement.on(placement.snapshot().with(row, signal, turn.becomes()));
                assertThat(Scheduler.decide(policy, changed, Faults.IGNORED)
                                .endpoint()
                                .id())
                        .isEqualTo(turn.picked());
                proven++;
            }
        }
        assertThat(proven).isGreaterThan(150);
    }

    @Test
    void aPrefillEndpointFetchesForTheOneThatGenerates() {
        SplitFixture split = new SplitFixture(PoolSettings.Moves.PLAIN, true);
        Placement placement = new Placement(
                SplitFixture.request(0),
                split.pool.snapshot(split.now[0]),
                new int[] {0, 0, 96, 0},
                "",
                Set.of(),
                Set.of(),
                1,
                new Splitting(Set.of(), true));
        Decision decision = Scheduler.decide(
                SplitFixture.policy(Optional.of(new dev.sluice.spi.Split(0, 1, 1, 2))), placement, Faults.IGNORED);
        Pull pull = decision.pull().orElseThrow();
        assertThat(pull.row()).isEqualTo(SplitFixture.P0);
        assertThat(pull.source()).isEqualTo(SplitFixture.D0);
        assertThat(decision.computingRow()).isEqualTo(SplitFixture.P0);
        assertThat(decision.pulledTokens()).isEqualTo(1536);
    }
}
