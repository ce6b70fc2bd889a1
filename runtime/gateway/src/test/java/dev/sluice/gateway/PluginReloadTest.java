package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.plugin.PluginJar;
import dev.sluice.spi.ConfigException;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(240)
class PluginReloadTest {
    private static final String ANSWER =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"total_tokens\":10}}";
    private static final String STOP = "sluice.test.stop.reload";
    private static final String TOP =
            "plugins: {directory: plugins, budget: 50ms}\nrouting: {r: {plugins: [{type: zone-scorer, name: zone}]}}\n";
    private static final int RELOADS = 50;

    /** Leaves things behind in its threads, as libraries do. */
    private static final String SCORER = """
            static final ThreadLocal<ThePart> MINE = new ThreadLocal<>();
            public void score(Request r, Candidates c, double[] s) {
                MINE.set(this);
                Arrays.fill(s, 0.5);
            }
            """;

    @TempDir
    Path dir;

    @AfterEach
    void letGo() {
        System.setProperty(STOP, "now");
    }

    @Test
    void aJarIsReplacedFiftyTimesUnderLoadAndNothingOfTheOldOnesStays() throws Exception {
        Path plugins = dir.resolve("plugins");
        PluginJar jar = PluginJar.scorer("zone", SCORER);
        jar.file("version.txt", "0").into(plugins, "zone");
        ReferenceQueue<ClassLoader> collected = new ReferenceQueue<>();
        List<PhantomReference<ClassLoader>> old = new ArrayList<>();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger served = new AtomicInteger();
        List<Future<AtomicInteger>> running = new ArrayList<>();
        Queue<String> failures = new ConcurrentLinkedQueue<>();
        try (ScriptedEngine one = engine();
                ScriptedEngine two = engine();
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(one, two), "routing: r", TOP);
                ExecutorService clients = Executors.newFixedThreadPool(3)) {
            for (int i = 0; i < 3; i++) {
                running.add(clients.submit(() -> {
                    while (!stop.get()) {
                        HttpResponse<String> answer = gateway.post(GatewayFixture.CHAT, GatewayFixture.chat(false));
                        served.incrementAndGet();
                        if (answer.statusCode() != 200 || !answer.body().equals(ANSWER)) {
                            failures.add(answer.statusCode() + " " + answer.body());
                        }
                    }
                    return served;
                }));
            }
            for (int i = 1; i <= RELOADS; i++) {
                old.add(new PhantomReference<>(loader(gateway), collected));
                jar.file("version.txt", Integer.toString(i)).into(plugins, "zone");
                int before = served.get();
                reload(gateway);
                while (served.get() < before + 4 && failures.isEmpty()) {
                    LockSupport.parkNanos(1_000_000);
                }
            }
            // A call that comes late on a busy machine is no vote: the newest jar is given the time to be heard once.
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (votes(gateway) == 0 && System.nanoTime() < end) {
                LockSupport.parkNanos(1_000_000);
            }
            stop.set(true);
            for (Future<AtomicInteger> client : running) {
                client.get();
            }
            assertThat(failures).isEmpty();
            assertThat(awaitCollected(collected, RELOADS)).isEqualTo(RELOADS);
            assertThat(row(gateway, "unloading").isMissingNode()).isTrue();
            assertThat(votes(gateway)).isPositive();
        }
        assertThat(old).hasSize(RELOADS);
        assertThat(served.get()).isGreaterThan(RELOADS);
    }

    @Test
    void aPluginThatCannotBeCreatedIsRefusedAndTheOldOneServesOn() throws Exception {
        Path plugins = dir.resolve("plugins");
        PluginJar.scorer("zone", SCORER).into(plugins, "zone");
        try (ScriptedEngine one = engine();
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(one), "routing: r", TOP)) {
            ClassLoader before = loader(gateway);
            PluginJar.scorer("zone", "void init() { throw new ConfigException(\"no prices\"); }" + SCORER)
                    .into(plugins, "zone");
            assertThatThrownBy(() -> reload(gateway))
                    .isInstanceOf(ConfigException.class)
                    .hasMessage("routing.r: plugin zone: no prices");

            assertThat(gateway.post(GatewayFixture.CHAT, GatewayFixture.chat(false))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(loader(gateway)).isSameAs(before);
        }
    }

    @Test
    void aSlowCloseHoldsUpNobodyAndLeakedThreadsAreReported() throws Exception {
        System.clearProperty(STOP);
        Path plugins = dir.resolve("plugins");
        PluginJar.scorer("zone", """
                        void init() {
                            Thread leak = new Thread(() -> { while (System.getProperty("%1$s") == null) {
                                try { Thread.sleep(10); } catch (InterruptedException e) { } } }, "prices-poller");
                            leak.setDaemon(true);
                            leak.start();
                        }
                        public void close() { while (System.getProperty("%1$s") == null) Thread.onSpinWait(); }
                        %2$s""".formatted(STOP, SCORER)).into(plugins, "zone");
        try (ScriptedEngine one = engine();
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(one), "routing: r", TOP)) {
            PluginJar.scorer("zone", SCORER).into(plugins, "zone");
            long begun = System.nanoTime();
            reload(gateway);
            assertThat((System.nanoTime() - begun) / 1e9).as("seconds").isLessThan(4);
            assertThat(gateway.post(GatewayFixture.CHAT, GatewayFixture.chat(false))
                            .statusCode())
                    .isEqualTo(200);

            JsonNode remains = row(gateway, "unloading");
            for (int i = 0; i < 2000 && remains.isMissingNode(); i++) {
                LockSupport.parkNanos(5_000_000);
                remains = row(gateway, "unloading");
            }
            assertThat(remains.get("plugin").asText()).isEqualTo("zone");
            assertThat(remains.get("reason").asText()).contains("left threads running", "prices-poller");
        }
    }

    private static ScriptedEngine engine() throws Exception {
        return new ScriptedEngine("base").does((q, out) -> ScriptedEngine.whole(out, 200, ANSWER));
    }

    private static long votes(GatewayFixture gateway) throws Exception {
        return row(gateway, "loaded")
                .at("/types/0/instances/0/points/0/calls/ok")
                .asLong();
    }

    private void reload(GatewayFixture gateway) {
        Loaded loaded = new ConfigLoader().load(dir.resolve("gateway.yaml"), gateway.gateway.catalog());
        assertThat(loaded.errors()).isEmpty();
        gateway.gateway.reload(loaded.config().orElseThrow(), loaded.catalog());
    }

    private static ClassLoader loader(GatewayFixture gateway) {
        return gateway.gateway.catalog().loaded().getFirst().loader();
    }

    private static int awaitCollected(ReferenceQueue<ClassLoader> queue, int wanted) throws InterruptedException {
        int seen = 0;
        for (int i = 0; i < 100 && seen < wanted; i++) {
            System.gc();
            while (queue.remove(50) != null) {
                seen++;
            }
        }
        return seen;
    }

    private static JsonNode row(GatewayFixture gateway, String state) throws Exception {
        for (JsonNode row :
                new ObjectMapper().readTree(gateway.admin("/plugins").body())) {
            if (row.get("state").asText().equals(state)) {
                return row;
            }
        }
        return com.fasterxml.jackson.databind.node.MissingNode.getInstance();
    }
}
