package dev.sluice.simulator.harness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.Outcome;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.Scrape;
import dev.sluice.core.Usage;
import dev.sluice.core.flow.AdmissionQueue;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.Hashes;
import dev.sluice.simulator.fleet.Ask;
import dev.sluice.simulator.fleet.EventLoop;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Exchange.End;
import dev.sluice.simulator.fleet.Leg;
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

/** What the default policy does when engines change without saying so. */
class BehaviourTest {
    private static final long SECOND = 1_000_000_000;

    private final Map<String, Server> fleet = new LinkedHashMap<>();
    private final List<Exchange> ended = new ArrayList<>();
    private final List<Exchange> sent = new ArrayList<>();
    private SplittableRandom random = new SplittableRandom(1);
    private EventLoop loop = new EventLoop(1);
    private VirtualGateway gateway = gateway();
    /** What goes wrong with every request. */
    private Runnable broken = () -> {};

    private void start(long seed, int engines) {
        random = new SplittableRandom(seed);
        loop = new EventLoop(seed);
        gateway = gateway();
        for (int i = 0; i < engines; i++) {
            fleet.put("e" + i, new Server(loop, EngineProfile.llama8b(), seed + i));
        }
        gateway.endpoints(fleet);
        fleet.keySet().forEach(id -> gateway.pool().probeSucceeded(id, List.of("m"), loop.now()));
    }

    private VirtualGateway gateway() {
        PoolSettings settings = new PoolSettings(
                "behaviour", 256, 16, 5, Duration.ofSeconds(1), Duration.ZERO, PoolSettings.Priors.DEFAULT);
        VirtualGateway.Limits limits = new VirtualGateway.Limits(
                new AdmissionQueue.Bounds(1000, 1L << 30), 60 * SECOND, 60 * SECOND, 60 * SECOND);
        return new VirtualGateway(loop, settings, limits, Policies.leastWork()) {
            @Override
            protected void end(Exchange x, End how) {
                super.end(x, how);
                assertThat(how).isEqualTo(End.COMPLETED);
                ended.add(x);
            }
        };
    }

    /** Poisson requests; metrics say all the time that nothing waits anywhere. */
    private void requests(int count, double perSecond, Asks asks) {
        for (int i = 0; i < count; i++) {
            loop.runUntil(loop.now() + (long) (-Math.log(1 - random.nextDouble()) / perSecond * SECOND));
            fleet.keySet().forEach(id -> gateway.pool().scraped(id, new Scrape(0, 4, 0.2, 16, Double.NaN), loop.now()));
            gateway.tick().forEach(id -> gateway.pool().probeSucceeded(id, List.of("m"), loop.now()));
            sent.add(gateway.arrive(asks.next()));
            broken.run();
        }
    }

    private interface Asks {
        Ask next();
    }

    private Ask fresh() {
        int tokens = random.nextInt(200, 4000);
        return ask(tokens, random.nextLong(), random.nextInt(20, 150));
    }

    private static Ask ask(int tokens, long content, int output) {
        long[] blocks = new long[tokens / 16];
        long parent = content;
        for (int i = 0; i < blocks.length; i++) {
            parent = Hashes.next(parent, content);
            blocks[i] = parent;
        }
        return new Ask(tokens, blocks, blocks.length, output, 0, "", true);
    }

    private double share(String id, int last) {
        List<Exchange> window = sent.subList(sent.size() - last, sent.size());
        return window.stream().filter(x -> x.endpoint().equals(id)).count() / (double) last;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void anEngineThreeTimesSlowerWithUnchangedMetricsLosesHalfItsShareAndRegainsIt(long seed) {
        start(seed, 4);
        requests(400, 20, this::fresh);
        double before = share("e2", 300);
        assertThat(before).isBetween(0.15, 0.35);
        fleet.values().stream().skip(2).findFirst().orElseThrow().engine().slowDown(3);
        requests(200, 20, this::fresh);
        assertThat(share("e2", 100))
                .as("share of the slow engine in the second hundred, was %s", before)
                .isLessThanOrEqualTo(before / 2);
        requests(200, 20, this::fresh);
        double slow = share("e2", 200);
        assertThat(slow).as("share of the slow engine, was %s", before).isLessThanOrEqualTo(before / 2);
        fleet.values().stream().skip(2).findFirst().orElseThrow().engine().slowDown(1);
        requests(800, 20, this::fresh);
        assertThat(share("e2", 300))
                .as("share after it recovered, was %s", before)
                .isGreaterThan(0.75 * before);
    }

    private long dispatched(String id) {
        return gateway.pool().report(loop.now()).stream()
                .filter(r -> r.endpoint().id().equals(id))
                .mapToLong(EndpointReport::dispatched)
                .sum();
    }

    private Server server(int i) {
        return fleet.values().stream().skip(i).findFirst().orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void anEngineTenTimesSlowerLosesNineTenthsOfItsShareWithinTenSeconds(long seed) {
        start(seed, 4);
        requests(400, 20, this::fresh);
        double before = share("e1", 300);
        server(1).engine().slowDown(10);
        requests(200, 20, this::fresh);
        requests(200, 20, this::fresh);
        assertThat(share("e1", 200)).as("after ten seconds, was %s", before).isLessThanOrEqualTo(before / 10);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void anEngineThatAnswersProbesAndBreaksOffEveryRequestLosesItsShareAndCostsNobodyAnAnswer(long seed) {
        start(seed, 4);
        requests(200, 20, this::fresh);
        loop.runUntil(loop.now() + 30 * SECOND);
        broken = () -> {
            loop.runUntil(loop.now() + 1000);
            while (server(3).cutOne()) {
                // all that it has
            }
        };
        long before = dispatched("e3");
        requests(400, 20, this::fresh);
        assertThat(dispatched("e3") - before)
                .as("requests that were lost on it, of 400 in 20 s")
                .isLessThanOrEqualTo(12);
        broken = () -> {};
        requests(1000, 20, this::fresh);
        assertThat(share("e3", 300)).as("share after it was mended").isGreaterThan(0.15);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void anEngineThatSaysItIsIdleAndIsNotGetsNoMoreThanItCanDo(long seed) {
        start(seed, 4);
        requests(200, 20, this::fresh);
        // Somebody else's load: the page goes on to say that nothing waits.
        broken = () -> server(0).call(1_000_000L + sent.size(), ask(6000, random.nextLong(), 100), new Leg() {
            @Override
            protected void firstToken() {}

            @Override
            protected void tokens(int count) {}

            @Override
            protected void ended(Usage usage) {}

            @Override
            protected void failed(Outcome outcome) {}
        });
        requests(200, 20, this::fresh);
        requests(200, 20, this::fresh);
        assertThat(share("e0", 200)).as("share of the busy engine").isLessThan(0.1);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void aCacheCutToAQuarterIsNoLongerOverratedWithinFiveHundredRequests(long seed) {
        start(seed, 3);
        // 120 conversations of 8,000 tokens: a cache of 420,000 tokens holds its third of them, a quarter of it does
        // not.
        Asks regulars = () -> {
            int who = random.nextInt(120);
            return ask(8000, 1000 + who, 40);
        };
        requests(800, 8, regulars);
        assertThat(predictedOverReported("e1", 300)).isBetween(0.8, 1.1);
        Server cut = fleet.values().stream().skip(1).findFirst().orElseThrow();
        cut.engine().resizeCache(cut.engine().profile().kvBlocks() / 4);
        requests(500, 8, regulars);
        requests(300, 8, regulars);
        assertThat(predictedOverReported("e1", 300))
                .as("tokens predicted over tokens reported, after 500 requests")
                .isLessThanOrEqualTo(1.2);
        assertThat(predictedOverReported("e0", 300)).isBetween(0.8, 1.1);
    }

    /** Over the last so many requests of the fleet, those that this endpoint answered. */
    private double predictedOverReported(String id, int last) {
        double predicted = 0;
        double reported = 0;
        for (Exchange x : ended.subList(Math.max(0, ended.size() - last), ended.size())) {
            if (x.endpoint().equals(id)) {
                predicted += x.predicted();
                reported += x.usage().cachedTokens();
            }
        }
        return predicted / Math.max(1, reported);
    }

    @Test
    void theFirstAnswersOfASlowFleetDoNotDriveTrafficAwayFromTheWarmEngine() {
        start(9, 2);
        fleet.values().forEach(server -> server.engine().slowDown(50));
        for (int i = 0; i < 20; i++) {
            sent.add(gateway.arrive(ask(3000, 7, 20)));
            loop.runUntil(loop.now() + 60 * SECOND);
        }
        assertThat(sent.stream().map(Exchange::endpoint).distinct())
                .as("one engine has it all cached")
                .hasSize(1);
    }
}
