package dev.sluice.simulator.harness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.PoolSettings;
import dev.sluice.core.flow.AdmissionQueue;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.Hashes;
import dev.sluice.simulator.fleet.Ask;
import dev.sluice.simulator.fleet.EventLoop;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.End;
import dev.sluice.simulator.fleet.Server;
import dev.sluice.simulator.fleet.VirtualGateway;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code concurrency: auto} is worth on engines that take less, or more, than anybody would guess. */
class ConcurrencyTest {
    private static final long SECOND = 1_000_000_000;
    private static final long MS = 1_000_000;

    /** One fleet and what became of its requests. */
    private static final class Run {
        private final EventLoop loop;
        private final SplittableRandom random;
        private final Map<String, Server> fleet = new LinkedHashMap<>();
        private final List<Exchange> all = new ArrayList<>();
        private final VirtualGateway gateway;
        private double longestLine;
        private int mostInFlight;

        Run(long seed, int engines, EngineProfile profile, int concurrency) {
            loop = new EventLoop(seed);
            random = new SplittableRandom(seed);
            PoolSettings settings = new PoolSettings(
                    "auto", concurrency, 16, 5, Duration.ofSeconds(1), Duration.ZERO, PoolSettings.Priors.DEFAULT);
            gateway = new VirtualGateway(
                    loop,
                    settings,
                    new VirtualGateway.Limits(
                            new AdmissionQueue.Bounds(1024, 1L << 30), 10 * SECOND, 120 * SECOND, 60 * SECOND),
                    Policies.leastWork());
            for (int i = 0; i < engines; i++) {
                fleet.put("e" + i, new Server(loop, profile, seed + i));
            }
            gateway.endpoints(fleet);
            fleet.keySet().forEach(id -> gateway.pool().probeSucceeded(id, List.of("m"), loop.now()));
        }

        /** Poisson arrivals for so long, pages every 200 ms; lines are looked at after the first seconds. */
        Run load(double perSecond, double seconds, int output) {
            long end = (long) (seconds * SECOND);
            every(200 * MS, end + 200 * SECOND, () -> {
                fleet.forEach((id, server) -> gateway.pool().scraped(id, server.scrape(), loop.now()));
                if (loop.now() > 5 * SECOND && loop.now() < end) {
                    fleet.values()
                            .forEach(server -> longestLine =
                                    Math.max(longestLine, server.scrape().waiting()));
                }
                gateway.pool().report(loop.now()).forEach(r -> mostInFlight = Math.max(mostInFlight, r.inFlight()));
            });
            every(50 * MS, end + 200 * SECOND, gateway::tick);
            for (double at = 0; at < seconds; at += -Math.log(1 - random.nextDouble()) / perSecond) {
                loop.at((long) (at * SECOND), () -> all.add(gateway.arrive(ask(random.nextInt(100, 400), output))));
            }
            while (loop.step()) {
                // until everything has ended
            }
            return this;
        }

        private void every(long period, long until, Runnable action) {
            loop.in(period, () -> {
                action.run();
                if (loop.now() < until) {
                    every(period, until, action);
                }
            });
        }

        private Ask ask(int tokens, int output) {
            long[] blocks = new long[tokens / 16];
            long parent = random.nextLong();
            for (int i = 0; i < blocks.length; i++) {
                parent = Hashes.next(parent, i);
                blocks[i] = parent;
            }
            return new Ask(tokens, blocks, blocks.length, output, 0, "", true);
        }

        long count(End end) {
            return all.stream().filter(x -> x.end() == end).count();
        }

        /** Answers that were complete by then. */
        long completedWithin(double seconds) {
            return all.stream()
                    .filter(x -> x.end() == End.COMPLETED && x.endedAt() <= seconds * SECOND)
                    .count();
        }

        /** Of those that were answered, the wait for the first token, ms. */
        double firstToken(double quantile) {
            double[] sorted = all.stream()
                    .filter(x -> x.end() == End.COMPLETED)
                    .mapToDouble(x -> (x.firstTokenAt() - x.arrivedAt()) / 1e6)
                    .sorted()
                    .toArray();
            return sorted[(int) (quantile * (sorted.length - 1))];
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void smallEnginesUnderOverloadHaveShortLinesAndDoNoLessThanWithLongOnes(long seed) {
        EngineProfile small = EngineProfile.llama8b().withLimits(8, 8192, 32_768, 0);
        Run fixed = new Run(seed, 2, small, 256).load(40, 40, 100);
        Run auto = new Run(seed, 2, small, PoolSettings.AUTO).load(40, 40, 100);
        assertThat(fixed.longestLine)
                .as("with a fixed 256 the engines have long lines")
                .isGreaterThan(100);
        assertThat(auto.longestLine).as("twice what it runs, at least 16").isLessThanOrEqualTo(16);
        assertThat(auto.completedWithin(40)).as("answers while the load lasts").isGreaterThanOrEqualTo((long)
                (0.97 * fixed.completedWithin(40)));
        assertThat(auto.firstToken(0.9))
                .as("wait of those that were answered, ms")
                .isLessThan(12_000);
        assertThat(auto.count(End.FAILED) + auto.count(End.CUT)).isZero();
    }

    @Test
    void anEngineThatRunsMoreThanThePriorIsFilled() {
        EngineProfile large = EngineProfile.llama8b().withLimits(1024, 8192, 32_768, 0);
        Run fixed = new Run(1, 1, large, 256).load(120, 30, 800);
        Run auto = new Run(1, 1, large, PoolSettings.AUTO).load(120, 30, 800);
        assertThat(fixed.mostInFlight).isEqualTo(256);
        assertThat(auto.mostInFlight).isGreaterThan(500);
        assertThat(auto.count(End.COMPLETED)).isGreaterThan((long) (1.2 * fixed.count(End.COMPLETED)));
    }

    @Test
    void anEngineWithoutPressureIsNeverHeldBack() {
        Run auto = new Run(1, 2, EngineProfile.llama8b(), PoolSettings.AUTO).load(30, 30, 100);
        assertThat(auto.count(End.COMPLETED)).isEqualTo(auto.all.size());
        assertThat(auto.firstToken(0.99)).as("ms").isLessThan(500);
    }
}
