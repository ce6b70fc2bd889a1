package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.KvTransfer.Defect;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EngineKvTest {
    private static final long SECOND = 1_000_000_000L;

    private static EngineRequest prefill(long id, int tokens, long content, int answer) {
        return EngineRequest.of(id, tokens, Bench.prompt(content, tokens / 4), answer)
                .with(KvTransfer.keep("p" + id, 30 * SECOND));
    }

    private static EngineRequest decode(long id, int tokens, long content, int blocks) {
        return EngineRequest.of(id, tokens, Bench.prompt(content, tokens / 4), 3)
                .with(KvTransfer.pull(tokens, blocks));
    }

    @Test
    void theBlocksOfAPrefillLegStayPinnedUntilTheyAreReleased() {
        var bench = new Bench(Bench.plain());
        bench.submit(prefill(1, 18, 7, 1)).until(100);
        assertThat(bench.finished).containsEntry(1L, FinishReason.LENGTH);
        var pin = bench.engine.kv().pin("p1").orElseThrow();
        assertThat(pin.blocks()).hasSize(5).doesNotHaveDuplicates();
        assertThat(pin.tokens()).isEqualTo(18);
        assertThat(bench.kept).containsEntry("p1", pin);
        assertThat(bench.engine.kvBlocksUsed()).isEqualTo(5);
        assertThat(bench.engine.kv().holds(pin.blocks(), Bench.prompt(7, 4))).isTrue();
        assertThat(bench.engine.kv().release("p1", bench.now)).isTrue();
        assertThat(bench.engine.kv().release("p1", bench.now)).isFalse();
        assertThat(bench.engine.kvBlocksUsed()).isZero();
        assertThat(bench.engine.cachedBlocks()).isEqualTo(4);
    }

    @Test
    void aPinCoversTheGeneratedTokensButTheLast() {
        var bench = new Bench(Bench.plain());
        bench.submit(prefill(1, 18, 7, 5)).until(200);
        assertThat(bench.engine.kv().pin("p1").orElseThrow().tokens()).isEqualTo(22);
    }

    @Test
    void aLeaseThatNobodyRenewsEndsAndIsCounted() {
        var bench = new Bench(Bench.plain());
        bench.submit(prefill(1, 16, 7, 1));
        bench.until(20_000);
        assertThat(bench.engine.kv().renew("p1", 45 * SECOND)).isTrue();
        assertThat(bench.engine.kv().renew("p1", 1)).isTrue();
        bench.until(44_000);
        assertThat(bench.engine.kv().pins()).hasSize(1);
        bench.untilIdle();
        assertThat(bench.now).isEqualTo(45 * SECOND);
        assertThat(bench.expired).containsExactly("p1");
        assertThat(bench.engine.kvBlocksUsed()).isZero();
        assertThat(bench.engine.stats().expiredLeases()).isEqualTo(1);
        assertThat(bench.engine.kv().renew("p1", 50 * SECOND)).isFalse();
    }

    @Test
    void anAbortedPrefillLegPinsNothing() {
        var bench = new Bench(Bench.plain());
        bench.submit(prefill(1, 16, 7, 100));
        bench.until(200);
        bench.engine.abort(1, bench.now);
        assertThat(bench.engine.kv().pins()).isEmpty();
        assertThat(bench.engine.kvBlocksUsed()).isZero();
    }

    @Test
    void aPromptWaitsForBlocksThatArePinnedAndGetsThemWhenTheyAreReleased() {
        var bench = new Bench(Bench.plain().withCache(8, 4));
        bench.submit(prefill(1, 20, 7, 1)).until(100);
        bench.submit(EngineRequest.of(2, 20, Bench.prompt(8, 5), 1));
        bench.until(1000);
        assertThat(bench.engine.waiting()).isEqualTo(1);
        assertThat(bench.finished).doesNotContainKey(2L);
        bench.engine.kv().release("p1", bench.now);
        bench.untilIdle();
        assertThat(bench.tokenMillis(2, 1)).isEqualTo(1030);
    }

    @Test
    void aPromptThatWaitsForPinnedBlocksRunsWhenTheLeaseEnds() {
        var bench = new Bench(Bench.plain().withCache(8, 4));
        bench.submit(prefill(1, 20, 7, 1)).until(100);
        bench.submit(EngineRequest.of(2, 20, Bench.prompt(8, 5), 1)).untilIdle();
        assertThat(bench.finished).containsEntry(2L, FinishReason.LENGTH);
        assertThat(bench.tokenMillis(2, 1)).isEqualTo(30_000 + 30 + 30);
    }

    @Test
    void aDecodeLegWaitsForItsContentAndThenComputesOnlyTheLastToken() {
        var bench = new Bench(Bench.plain());
        bench.submit(decode(1, 18, 7, 5));
        bench.until(100);
        assertThat(bench.pulls).containsEntry(1L, 18);
        assertThat(bench.engine.waiting()).isEqualTo(1);
        assertThat(bench.engine.kv().deferred()).isEqualTo(1);
        assertThat(bench.engine.kvBlocksUsed()).isEqualTo(5);
        bench.engine.kv().pulled(1, bench.now);
        bench.untilIdle();
        assertThat(bench.tokenMillis(1, 1)).isEqualTo(100 + 11);
        assertThat(bench.usage).containsEntry(1L, new Usage(18, 0, 3));
        assertThat(bench.engine.stats().externalHits()).isEqualTo(18);
        assertThat(bench.engine.cachedTokens(17, Bench.prompt(7, 4))).isEqualTo(16);
    }

    @Test
    void othersRunWhileADecodeLegWaits() {
        var bench = new Bench(Bench.plain());
        bench.submit(decode(1, 18, 7, 5)).submit(EngineRequest.of(2, 4, new long[0], 2));
        bench.until(100);
        assertThat(bench.finished).containsOnlyKeys(2L);
    }

    @Test
    void onlyWhatIsNotCachedHereIsFetched() {
        var bench = new Bench(Bench.plain());
        bench.submit(EngineRequest.of(1, 16, Bench.prompt(7, 4), 1)).untilIdle();
        bench.submit(decode(2, 18, 7, 5));
        bench.until(100);
        assertThat(bench.pulls).containsEntry(2L, 2);
        bench.engine.kv().pulled(2, bench.now);
        bench.untilIdle();
        assertThat(bench.usage).containsEntry(2L, new Usage(18, 16, 3));
    }

    @Test
    void aPartOfThePromptThatAnotherEngineHasIsFetchedAndTheRestComputed() {
        var bench = new Bench(Bench.plain());
        bench.submit(EngineRequest.of(1, 40, Bench.prompt(7, 10), 1).with(KvTransfer.pull(16, 4)));
        bench.until(50);
        assertThat(bench.pulls).containsEntry(1L, 16);
        bench.engine.kv().pulled(1, bench.now);
        bench.untilIdle();
        assertThat(bench.tokenMillis(1, 1)).isEqualTo(50 + 10 + 24);
    }

    @Test
    void contentThatDoesNotComeFailsTheRequestOrIsComputedHere() {
        var bench = new Bench(Bench.plain());
        bench.submit(decode(1, 16, 7, 4)).submit(decode(2, 16, 8, 4));
        bench.until(10);
        bench.engine.kv().pullFailed(1, false, bench.now, bench);
        bench.engine.kv().pullFailed(2, true, bench.now, bench);
        bench.untilIdle();
        assertThat(bench.finished).containsEntry(1L, FinishReason.ERROR).containsEntry(2L, FinishReason.LENGTH);
        assertThat(bench.tokenMillis(2, 1)).isEqualTo(10 + 26);
        assertThat(bench.engine.kvBlocksUsed()).isZero();
        assertThat(bench.engine.cachedTokens(17, Bench.prompt(7, 4))).isZero();
    }

    @Test
    void blocksThatAreBeingWrittenToStayWhenTheirRequestIsAborted() {
        var bench = new Bench(Bench.plain());
        bench.submit(decode(1, 16, 7, 4));
        bench.until(10);
        bench.engine.abort(1, bench.now);
        assertThat(bench.engine.inFlight()).isZero();
        assertThat(bench.engine.kvBlocksUsed()).isEqualTo(4);
        bench.engine.kv().pulled(1, bench.now);
        assertThat(bench.engine.kvBlocksUsed()).isZero();
        assertThat(bench.engine.kv().deferred()).isZero();
        assertThat(bench.engine.nextEventNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aLegWithoutBlockIdsKillsTheEngine() {
        assertThat(death(new KvTransfer.Pull(16, 0, Defect.NO_BLOCKS))).contains("remote_block_ids");
    }

    @Test
    void aLegWithFewerBlocksThanItsPromptNeedsKillsTheEngine() {
        assertThat(death(new KvTransfer.Pull(16, 3, Defect.NONE))).contains("4").contains("3");
    }

    private static String death(KvTransfer.Pull pull) {
        var bench = new Bench(Bench.plain());
        bench.submit(EngineRequest.of(1, 8, Bench.prompt(1, 2), 100));
        bench.until(50);
        bench.submit(EngineRequest.of(2, 16, Bench.prompt(7, 4), 3)
                .with(new KvTransfer(Optional.empty(), Optional.of(pull), Optional.empty())));
        bench.until(200);
        assertThat(bench.engine.isDead()).isTrue();
        assertThat(bench.engine.inFlight()).isZero();
        assertThat(bench.engine.kvBlocksUsed()).isZero();
        assertThat(bench.engine.nextEventNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(bench.engine.submit(EngineRequest.of(3, 4, new long[0], 1), bench.now))
                .isEqualTo(Submission.DEAD);
        bench.engine.abortAll(bench.now, true, id -> {});
        bench.submit(EngineRequest.of(3, 4, new long[0], 1)).untilIdle();
        assertThat(bench.finished).containsEntry(3L, FinishReason.LENGTH);
        return bench.death;
    }

    @Test
    void aLegThatDoesNotSayWhoHasTheBlocksHangsAndKillsTheEngineWhenItIsAborted() {
        var bench = new Bench(Bench.plain());
        bench.submit(EngineRequest.of(1, 16, Bench.prompt(7, 4), 3)
                .with(new KvTransfer(
                        Optional.empty(),
                        Optional.of(new KvTransfer.Pull(16, 4, Defect.INCOMPLETE)),
                        Optional.empty())));
        bench.until(60_000);
        assertThat(bench.pulls).isEmpty();
        assertThat(bench.engine.kv().deferred()).isEqualTo(1);
        assertThat(bench.engine.isDead()).isFalse();
        bench.engine.abort(1, bench.now);
        bench.untilIdle();
        assertThat(bench.engine.isDead()).isTrue();
        assertThat(bench.death).contains("incomplete");
    }

    @Test
    void whateverHappensEveryBlockComesBack() {
        for (var seed = 1; seed <= 300; seed++) {
            var random = new SplittableRandom(seed);
            var bench = new Bench(Bench.plain().withCache(random.nextInt(12, 40), 4), seed);
            for (var id = 1L; id <= 60; id++) {
                var tokens = random.nextInt(1, 40);
                var content = random.nextInt(5);
                var request = EngineRequest.of(id, tokens, Bench.prompt(content, tokens / 4), random.nextInt(1, 6));
                var kind = random.nextInt(3);
                bench.engine.submit(
                        kind == 0
                                ? request
                                : kind == 1
                                        ? request.with(KvTransfer.keep(
                                                "k" + random.nextInt(20), random.nextInt(1, 400) * 1_000_000L))
                                        : request.with(KvTransfer.pull(random.nextInt(1, 50), 100)),
                        bench.now);
                bench.until(bench.now / 1_000_000 + random.nextInt(60));
                switch (random.nextInt(5)) {
                    case 0 -> bench.engine.abort(random.nextLong(1, id + 1), bench.now);
                    case 1 -> bench.engine.kv().release("k" + random.nextInt(20), bench.now);
                    case 2 -> bench.engine.kv().pulled(random.nextLong(1, id + 1), bench.now);
                    case 3 ->
                        bench.engine
                                .kv()
                                .pullFailed(random.nextLong(1, id + 1), random.nextBoolean(), bench.now, bench);
                    default -> {}
                }
            }
            bench.untilIdle();
            while (bench.engine.kv().deferred() > 0) {
                for (var id = 1L; id <= 60; id++) {
                    bench.engine.kv().pulled(id, bench.now);
                }
                bench.untilIdle();
            }
            assertThat(bench.engine.kv().pins()).as("seed %d", seed).isEmpty();
            assertThat(bench.engine.kvBlocksUsed()).as("seed %d", seed).isZero();
            assertThat(bench.engine.inFlight()).as("seed %d", seed).isZero();
        }
    }
}
