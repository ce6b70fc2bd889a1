package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EngineSoakTest {
    @Test
    void randomTrafficNeverLosesABlockOrARequest() {
        for (var seed = 0; seed < 300; seed++) {
            var random = new SplittableRandom(seed);
            var profile = Bench.plain()
                    .withCache(20 + random.nextInt(60), 1 + random.nextInt(8))
                    .withLimits(1 + random.nextInt(8), 8 + random.nextInt(64), 10_000, random.nextInt(3) * 10)
                    .withPolicies(random.nextBoolean(), random.nextInt(4) > 0, random.nextDouble() * 0.5);
            run(profile, random, seed);
        }
    }

    private static void run(EngineProfile profile, SplittableRandom random, int seed) {
        var bench = new Bench(profile, seed);
        var accepted = 0;
        var aborted = 0;
        for (var id = 1L; id <= 60; id++) {
            var prompt = 1 + random.nextInt(60);
            var output = 1 + random.nextInt(30);
            var blocks = Bench.prompt(random.nextInt(5), prompt / profile.blockSize());
            var request =
                    new EngineRequest(id, prompt, blocks, output, output + random.nextInt(2), id, random.nextInt(3));
            accepted += bench.engine.submit(request, bench.now) == Submission.ACCEPTED ? 1 : 0;
            if (random.nextInt(6) == 0 && bench.engine.abort(1 + random.nextLong(id), bench.now)) {
                aborted++;
            }
            if (random.nextInt(20) == 0) {
                bench.engine.resizeCache(1 + random.nextInt(profile.kvBlocks()));
            }
            bench.until(bench.now / 1_000_000 + random.nextInt(120));
            assertThat(bench.engine.kvBlocksUsed()).isBetween(0, profile.kvBlocks());
            assertThat(bench.engine.running()).isLessThanOrEqualTo(profile.maxNumSeqs());
        }
        bench.engine.resizeCache(profile.kvBlocks());
        bench.untilIdle();
        assertThat(bench.finished.size() + aborted).as("seed %d", seed).isEqualTo(accepted);
        assertThat(bench.engine.kvBlocksUsed()).as("seed %d", seed).isZero();
        assertThat(bench.engine.inFlight()).isZero();
        bench.usage.forEach((id, usage) ->
                assertThat(bench.tokens.getOrDefault(id, List.of())).hasSize(usage.outputTokens()));
    }

    @Test
    void theSameSeedTellsTheSameStoryAndAnotherSeedAnother() {
        assertThat(story(5)).isEqualTo(story(5)).isNotEqualTo(story(6));
    }

    private static long story(long seed) {
        var bench = new Bench(EngineProfile.llama8b(), seed);
        for (var id = 0; id < 50; id++) {
            bench.submit(EngineRequest.of(id, 100 + id, Bench.prompt(id % 7, (100 + id) / 16), 20));
            bench.until(bench.now / 1_000_000 + 15);
        }
        return bench.untilIdle().traceHash;
    }

    /** Llama-3.1-8B on one H100, 128 in and 128 out (vllm-protocols 7.1): TTFT 15 ms and ITL 7.0 ms alone. */
    @Test
    void theDefaultProfileReproducesItsMeasurementsAtConcurrencyOne() {
        var bench = new Bench(EngineProfile.llama8b().withPolicies(false, true, 0));
        bench.submit(EngineRequest.of(1, 128, new long[0], 128)).untilIdle();
        assertThat(bench.tokenMillis(1, 1)).isEqualTo(15, within(1.0));
        assertThat((bench.tokenMillis(1, 128) - bench.tokenMillis(1, 1)) / 127).isEqualTo(7.0, within(0.1));
    }

    /** The same at concurrency 64: 7,251 output tokens/s, ITL 8.7 ms. */
    @Test
    void theDefaultProfileReproducesItsMeasurementsAtConcurrency64() {
        var engine = new Engine(EngineProfile.llama8b(), 1);
        var requests = 64 * 20;
        var open = new long[] {64};
        var sink = new EngineSink() {
            @Override
            public void started(long id, int cachedTokens, long at) {}

            @Override
            public void token(long id, int ordinal, long at) {}

            @Override
            public void finished(long id, FinishReason reason, Usage usage, long at) {
                if (open[0] < requests) {
                    engine.submit(EngineRequest.of(open[0]++, 128, new long[0], 128), at);
                }
            }
        };
        for (var id = 0; id < 64; id++) {
            engine.submit(EngineRequest.of(id, 128, new long[0], 128), id * 15_000_000L);
            engine.advance(id * 15_000_000L, sink);
        }
        var end = 0L;
        while (engine.nextEventNanos() != Long.MAX_VALUE) {
            end = engine.nextEventNanos();
            engine.advance(end, sink);
        }
        var stats = engine.stats();
        assertThat(stats.interToken.sum() / stats.interToken.count()).isEqualTo(0.0087, within(0.0009));
        assertThat(requests * 128 / (end / 1e9)).isEqualTo(7251, within(1000.0));
    }

    /** One 8,192-token chunk on Qwen3-32B TP2 takes 0.40 s. */
    @Test
    void theQwenProfileTakesItsMeasuredTimeForAChunk() {
        var bench = new Bench(EngineProfile.qwen32b().withPolicies(false, true, 0));
        bench.submit(EngineRequest.of(1, 8192, new long[0], 1)).untilIdle();
        assertThat(bench.tokenMillis(1, 1) - EngineProfile.qwen32b().requestOverheadMillis())
                .isEqualTo(400, within(5.0));
    }

    /**
     * Llama 70B TP4, 8,000 shared and 1,000 own tokens in, 1,000 out (vllm-protocols 7.1): ITL 13 ms at 0.75 requests/s for each
     * server, which is a batch of 10, and 29 ms at 2,324 tokens/s, which is one of 67. Its cache holds 461,376 tokens.
     */
    @Test
    void theSeventyBillionProfileReproducesItsMeasurements() {
        assertThat(EngineProfile.llama33of70b().kvTokens()).isEqualTo(461_376);
        assertThat(interTokenMillis(EngineProfile.llama33of70b(), 10)).isEqualTo(13, within(2.5));
        assertThat(interTokenMillis(EngineProfile.llama33of70b(), 67)).isEqualTo(29, within(1.5));
    }

    /** Median time between tokens while so many sequences of 9,000 tokens decode together. */
    private static double interTokenMillis(EngineProfile profile, int batch) {
        var bench = new Bench(profile.withPolicies(false, true, 0));
        for (var id = 0; id < batch; id++) {
            var blocks = Bench.prompt(id % 20, 500);
            bench.submit(EngineRequest.of(id, 9000, blocks, 1000));
        }
        bench.untilIdle();
        var middle = bench.tokenMillis(0, 501) - bench.tokenMillis(0, 401);
        return middle / 100;
    }

    /** A stage of the published ladder for one engine; virtual time must not be what a study waits for. */
    @Test
    void virtualTimeIsFast() {
        var bench = new CountingSink();
        var engine = new Engine(EngineProfile.qwen32b(), 3);
        var random = new SplittableRandom(1);
        var started = System.nanoTime();
        var now = 0L;
        for (var id = 0; id < 1000; id++) {
            now += (long) (-Math.log(1 - random.nextDouble()) * 0.6e9);
            while (engine.nextEventNanos() <= now) {
                engine.advance(engine.nextEventNanos(), bench);
            }
            engine.submit(EngineRequest.of(id, 7200, Bench.prompt(random.nextInt(20), 450), 1000), now);
        }
        engine.advance(Long.MAX_VALUE - 1, bench);
        var seconds = (System.nanoTime() - started) / 1e9;
        System.out.printf("engine: %,d events in %.3f s, %,.0f/s%n", bench.events, seconds, bench.events / seconds);
        assertThat(bench.finished).isEqualTo(1000);
        assertThat(bench.events / seconds).isGreaterThan(300_000);
    }

    private static final class CountingSink implements EngineSink {
        private long events;
        private int finished;

        @Override
        public void started(long id, int cachedTokens, long at) {
            events++;
        }

        @Override
        public void token(long id, int ordinal, long at) {
            events++;
        }

        @Override
        public void finished(long id, FinishReason reason, Usage usage, long at) {
            events++;
            finished++;
        }
    }
}
