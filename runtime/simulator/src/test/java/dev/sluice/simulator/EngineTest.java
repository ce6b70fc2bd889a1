package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class EngineTest {
    @Test
    void aStepTakesWhatTheProfileSays() {
        var bench = new Bench(new EngineProfile(
                        "p", "m", 10, 1, 0.01, 0.5, 0.001, 3, 0, 100, 4, 1, 16, 1000, 10_000, 0, false, true))
                .submit(EngineRequest.of(1, 100, new long[0], 3))
                .untilIdle();
        // 3 overhead, then 10 + 0.5·100 + 0.001·100·50 = 65; then 10 + 1 + 0.01·100 = 12, then 12.01
        assertThat(bench.tokenMillis(1, 1)).isEqualTo(68, within(1e-6));
        assertThat(bench.tokenMillis(1, 2)).isEqualTo(80, within(1e-6));
        assertThat(bench.tokenMillis(1, 3)).isEqualTo(92.01, within(1e-6));
        assertThat(bench.usage.get(1L)).isEqualTo(new Usage(100, 0, 3));
    }

    @Test
    void theSamePromptAgainHitsAllButItsLastBlock() {
        var bench = new Bench(Bench.plain());
        bench.submit(EngineRequest.of(1, 16, Bench.prompt(7, 4), 2)).untilIdle();
        bench.submit(EngineRequest.of(2, 16, Bench.prompt(7, 4), 2)).untilIdle();
        assertThat(bench.cached).containsEntry(1L, 0).containsEntry(2L, 12);
        assertThat(bench.engine.stats().prefixQueries()).isEqualTo(32);
        assertThat(bench.engine.stats().prefixHits()).isEqualTo(12);
    }

    @Test
    void aPromptOneTokenLongerThanItsBlocksHitsAllOfThem() {
        var bench = new Bench(Bench.plain());
        bench.submit(EngineRequest.of(1, 17, Bench.prompt(7, 4), 1)).untilIdle();
        bench.submit(EngineRequest.of(2, 17, Bench.prompt(7, 4), 1)).untilIdle();
        assertThat(bench.cached).containsEntry(2L, 16);
    }

    @Test
    void aPromptIsHitWhileItsFirstUserStillRuns() {
        var bench = new Bench(Bench.plain());
        bench.submit(EngineRequest.of(1, 17, Bench.prompt(7, 4), 50));
        bench.until(100);
        bench.submit(EngineRequest.of(2, 17, Bench.prompt(7, 4), 1)).untilIdle();
        assertThat(bench.cached).containsEntry(2L, 16);
    }

    @Test
    void generatedBlocksArePublishedAndTheNextTurnHitsThem() {
        var bench = new Bench(Bench.plain());
        var turn = Bench.prompt(7, 6);
        // 8 prompt tokens and 9 generated: 16 of these 17 are computed, 4 blocks, when it ends
        bench.submit(new EngineRequest(1, 8, turn, 9, 9, 0, 0)).untilIdle();
        bench.submit(EngineRequest.of(2, 25, turn, 1)).untilIdle();
        assertThat(bench.cached).containsEntry(2L, 16);
    }

    @Test
    void generatedContentThatNobodyNamedComesFromTheSeed() {
        var bench = new Bench(Bench.plain());
        var first = Bench.prompt(7, 2);
        bench.submit(new EngineRequest(1, 8, first, 9, 9, 99, 0)).untilIdle();
        var third = Hashes.next(first[1], 99);
        var known = new long[] {first[0], first[1], third, Hashes.next(third, 99)};
        assertThat(bench.engine.cachedTokens(17, known)).isEqualTo(16);
    }

    @Test
    void aPrefixIsHitUpToTheFirstBlockThatDiffers() {
        var bench = new Bench(Bench.plain());
        var one = Hashes.ofTokens(new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9}, 4, "", "");
        var other = Hashes.ofTokens(new int[] {1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 9, 9}, 4, "", "");
        bench.submit(EngineRequest.of(1, 12, one, 1)).untilIdle();
        bench.submit(EngineRequest.of(2, 12, other, 1)).untilIdle();
        assertThat(bench.cached).containsEntry(2L, 8);
    }

    @Test
    void saltAndAdapterSeparateThePrompts() {
        var tokens = new int[] {1, 2, 3, 4, 5, 6, 7, 8};
        var plain = Hashes.ofTokens(tokens, 4, "", "");
        assertThat(Hashes.ofTokens(tokens, 4, "salt", "")).doesNotContain(plain);
        assertThat(Hashes.ofTokens(tokens, 4, "", "salt")).doesNotContain(plain);
        assertThat(Hashes.ofTokens(tokens, 4, "", "")).containsExactly(plain);
    }

    @Test
    void theLeastRecentlyUsedPromptIsForgottenFirstAndItsTailBeforeItsHead() {
        var bench = new Bench(Bench.plain().withCache(10, 4));
        bench.submit(EngineRequest.of(1, 16, Bench.prompt(1, 4), 1)).untilIdle();
        bench.submit(EngineRequest.of(2, 16, Bench.prompt(2, 4), 1)).untilIdle();
        // 2 blocks were never used; the third request needs 4: those two and the last two of prompt 1
        bench.submit(EngineRequest.of(3, 16, Bench.prompt(3, 4), 1)).untilIdle();
        assertThat(bench.engine.cachedTokens(17, Bench.prompt(1, 4))).isEqualTo(8);
        assertThat(bench.engine.cachedTokens(17, Bench.prompt(2, 4))).isEqualTo(16);
        assertThat(bench.engine.evictions()).isEqualTo(2);
    }

    @Test
    void aLongPromptInChunksDelaysTheTokensOfOthers() {
        var profile = Bench.plain().withLimits(16, 64, 10_000, 0);
        var bench = new Bench(profile);
        bench.submit(EngineRequest.of(1, 1, new long[0], 20));
        bench.until(31);
        bench.submit(EngineRequest.of(2, 200, new long[0], 1)).untilIdle();
        var gaps = new ArrayList<Double>();
        for (var i = 2; i <= 20; i++) {
            gaps.add(bench.tokenMillis(1, i) - bench.tokenMillis(1, i - 1));
        }
        // 63 prompt tokens beside each token: 63 + 63 + 63 + 11 = 200
        assertThat(gaps).filteredOn(g -> g > 70).hasSize(3).allMatch(g -> g == 73.0);
        assertThat(gaps).contains(21.0);
        assertThat(bench.tokens.get(2L)).hasSize(1);
    }

    @Test
    void noMoreSequencesRunThanAllowedAndTheRestWaitsInOrder() {
        var bench = new Bench(Bench.plain().withLimits(2, 1000, 10_000, 0));
        for (var id = 1; id <= 5; id++) {
            bench.submit(EngineRequest.of(id, 1, new long[0], 3));
        }
        bench.until(1);
        assertThat(bench.engine.running()).isEqualTo(2);
        assertThat(bench.engine.waiting()).isEqualTo(3);
        bench.untilIdle();
        assertThat(bench.finished.keySet()).containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void theLastAdmittedLosesItsBlocksWhenTheCacheIsFullAndStillFinishesWhole() {
        var bench = new Bench(Bench.plain().withCache(8, 4));
        bench.submit(EngineRequest.of(1, 12, Bench.prompt(1, 3), 12));
        bench.submit(EngineRequest.of(2, 12, Bench.prompt(2, 3), 12));
        bench.untilIdle();
        assertThat(bench.preempted).isNotEmpty().containsOnly(2L);
        assertThat(bench.tokens.get(1L)).hasSize(12);
        assertThat(bench.tokens.get(2L)).hasSize(12);
        assertThat(bench.engine.stats().preemptions()).isEqualTo(bench.preempted.size());
        assertThat(bench.engine.kvBlocksUsed()).isZero();
    }

    @Test
    void underThePriorityPolicyTheUrgentGoFirst() {
        var bench = new Bench(Bench.plain().withLimits(1, 1000, 10_000, 0).withPolicies(true, true, 0));
        bench.submit(new EngineRequest(1, 1, new long[0], 5, 5, 0, 0));
        bench.until(1);
        bench.submit(new EngineRequest(2, 1, new long[0], 1, 1, 0, 5));
        bench.submit(new EngineRequest(3, 1, new long[0], 1, 1, 0, -5));
        bench.submit(new EngineRequest(4, 1, new long[0], 1, 1, 0, 5));
        bench.untilIdle();
        assertThat(bench.finished.keySet()).containsExactly(1L, 3L, 2L, 4L);
    }

    @Test
    void anAbortFreesTheBlocksAtOnceWhereverTheRequestIs() {
        var bench = new Bench(Bench.plain().withLimits(1, 1000, 10_000, 0));
        bench.submit(EngineRequest.of(1, 40, Bench.prompt(1, 10), 100));
        bench.submit(EngineRequest.of(2, 40, Bench.prompt(2, 10), 100));
        bench.until(60);
        bench.submit(EngineRequest.of(3, 40, Bench.prompt(3, 10), 100));
        assertThat(bench.engine.kvBlocksUsed()).isPositive();
        assertThat(bench.engine.abort(1, bench.now)).isTrue();
        assertThat(bench.engine.kvBlocksUsed()).isZero();
        assertThat(bench.engine.abort(2, bench.now)).isTrue();
        assertThat(bench.engine.abort(3, bench.now)).isTrue();
        assertThat(bench.engine.abort(3, bench.now)).isFalse();
        assertThat(bench.engine.inFlight()).isZero();
        bench.untilIdle();
        assertThat(bench.finished).isEmpty();
        assertThat(bench.engine.cachedTokens(41, Bench.prompt(1, 10))).isEqualTo(40);
        assertThat(bench.engine.stats().finished(FinishReason.ABORT)).isEqualTo(3);
    }

    @Test
    void aFullQueueRefusesAndCounts() {
        var bench = new Bench(Bench.plain().withLimits(1, 1000, 10_000, 2));
        bench.submit(EngineRequest.of(1, 1, new long[0], 5)).submit(EngineRequest.of(2, 1, new long[0], 5));
        assertThat(bench.engine.submit(EngineRequest.of(3, 1, new long[0], 5), 0))
                .isEqualTo(Submission.QUEUE_FULL);
        assertThat(bench.engine.stats().queueRefusals()).isEqualTo(1);
    }

    @Test
    void whatNeverFitsIsRefused() {
        var engine = new Engine(Bench.plain().withCache(4, 4), 1);
        assertThat(engine.submit(EngineRequest.of(1, 10, new long[0], 8), 0)).isEqualTo(Submission.TOO_LONG);
        assertThat(engine.submit(EngineRequest.of(1, 10, new long[0], 7), 0)).isEqualTo(Submission.ACCEPTED);
        assertThatThrownBy(() -> engine.submit(EngineRequest.of(1, 1, new long[0], 1), 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aCacheThatShrinksUnderARequestEndsItWithAnError() {
        var bench = new Bench(Bench.plain().withCache(20, 4));
        bench.submit(EngineRequest.of(1, 40, Bench.prompt(1, 10), 40));
        bench.until(60);
        bench.engine.resizeCache(5);
        bench.untilIdle();
        assertThat(bench.finished).containsEntry(1L, FinishReason.ERROR);
        assertThat(bench.engine.kvBlocks()).isEqualTo(5);
        assertThat(bench.engine.inFlight()).isZero();
    }

    @Test
    void aShrunkenCacheRemembersLessAndGrowsBack() {
        var bench = new Bench(Bench.plain());
        bench.submit(EngineRequest.of(1, 80, Bench.prompt(1, 20), 1)).untilIdle();
        bench.engine.resizeCache(25);
        assertThat(bench.engine.kvBlocks()).isEqualTo(25);
        assertThat(bench.engine.cachedTokens(81, Bench.prompt(1, 20))).isEqualTo(80);
        bench.submit(EngineRequest.of(2, 80, Bench.prompt(2, 20), 1)).untilIdle();
        assertThat(bench.engine.cachedTokens(81, Bench.prompt(1, 20))).isLessThan(80);
        bench.engine.resizeCache(1000);
        assertThat(bench.engine.kvBlocks()).isEqualTo(100);
        bench.submit(EngineRequest.of(3, 300, Bench.prompt(3, 75), 1)).untilIdle();
        assertThat(bench.finished).containsEntry(3L, FinishReason.LENGTH);
    }

    @Test
    void aSlowedEngineTakesLongerAndItsGaugesSayNothing() {
        var bench = new Bench(Bench.plain());
        bench.engine.slowDown(3);
        bench.submit(EngineRequest.of(1, 10, new long[0], 2)).untilIdle();
        assertThat(bench.tokenMillis(1, 1)).isEqualTo(60);
        assertThat(bench.tokenMillis(1, 2)).isEqualTo(90);
    }

    @Test
    void aTimeScaleStretchesEveryDuration() {
        var bench = new Bench(EngineProfile.llama8b().withPolicies(false, true, 0));
        var scaled =
                new Bench(EngineProfile.llama8b().withPolicies(false, true, 0).withTimeScale(0.1));
        for (var b : new Bench[] {bench, scaled}) {
            b.submit(EngineRequest.of(1, 1000, new long[0], 5)).untilIdle();
        }
        assertThat(scaled.tokenMillis(1, 5)).isEqualTo(bench.tokenMillis(1, 5) / 10, within(1e-3));
    }

    @Test
    void aSinkMayAbortAndSubmitWhileItIsTold() {
        var engine = new Engine(Bench.plain(), 1);
        var ended = new ArrayList<Long>();
        var sink = new EngineSink() {
            @Override
            public void started(long id, int cachedTokens, long at) {
                if (id == 3) {
                    engine.abort(3, at);
                }
            }

            @Override
            public void token(long id, int ordinal, long at) {
                if (id == 1 && ordinal == 2) {
                    engine.abort(2, at);
                    engine.submit(EngineRequest.of(3, 4, new long[0], 5), at);
                    engine.submit(EngineRequest.of(4, 4, new long[0], 5), at);
                }
            }

            @Override
            public void finished(long id, FinishReason reason, Usage usage, long at) {
                ended.add(id);
            }
        };
        engine.submit(EngineRequest.of(1, 4, new long[0], 3), 0);
        engine.submit(EngineRequest.of(2, 4, new long[0], 30), 0);
        engine.advance(10_000_000_000L, sink);
        assertThat(ended).containsExactly(1L, 4L);
        assertThat(engine.kvBlocksUsed()).isZero();
        assertThat(engine.nextEventNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aProcessThatDiesLosesEverything() {
        var bench = new Bench(Bench.plain());
        bench.submit(EngineRequest.of(1, 40, Bench.prompt(1, 10), 100));
        bench.submit(EngineRequest.of(2, 40, Bench.prompt(2, 10), 100));
        bench.until(200);
        var lost = new ArrayList<Long>();
        bench.engine.abortAll(bench.now, true, lost::add);
        assertThat(lost).containsExactlyInAnyOrder(1L, 2L);
        assertThat(bench.engine.cachedBlocks()).isZero();
        assertThat(bench.engine.inFlight()).isZero();
    }

    @Test
    void aStepHasNoMoreAdaptersThanAllowedAndOthersPassWhoWaitsForOne() {
        var bench = new Bench(Bench.plain());
        bench.engine.maxLoras(1);
        bench.submit(EngineRequest.of(1, 4, new long[0], 10).withLora(1));
        bench.submit(EngineRequest.of(2, 4, new long[0], 1).withLora(2));
        bench.submit(EngineRequest.of(3, 4, new long[0], 1));
        bench.submit(EngineRequest.of(4, 4, new long[0], 1).withLora(1));
        bench.until(40);
        assertThat(bench.engine.runningLoras()).containsExactly(1);
        assertThat(bench.engine.waitingLoras()).containsExactly(2);
        bench.untilIdle();
        assertThat(bench.finished.keySet()).containsExactly(3L, 4L, 1L, 2L);
    }

    @Test
    void whatPreemptionThrowsAwayIsCounted() {
        var bench = new Bench(Bench.plain().withCache(8, 4));
        bench.submit(EngineRequest.of(1, 8, Bench.prompt(1, 2), 16));
        bench.submit(EngineRequest.of(2, 8, Bench.prompt(2, 2), 16)).untilIdle();
        assertThat(bench.engine.stats().preemptions()).isPositive();
        assertThat(bench.engine.stats().recomputedTokens()).isGreaterThanOrEqualTo(8);
        assertThat(bench.finished.values()).containsOnly(FinishReason.LENGTH);
    }
}
