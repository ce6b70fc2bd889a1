package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.Halves.ALWAYS;
import static dev.sluice.gateway.Halves.NIXL;
import static dev.sluice.gateway.Halves.decodes;
import static dev.sluice.gateway.Halves.prefills;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.TenantFixture.file;
import static dev.sluice.gateway.TenantFixture.key;
import static dev.sluice.gateway.TwoLegsTest.metric;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that are on two engines and give way: both stop, and no block stays pinned untold. */
@Timeout(60)
class EvictedHalvesTest {
    private static final String ONE = "\n    routing: always\n    concurrency: 1";
    private static final String SERIAL = NIXL + ONE;
    private static final String PARALLEL = "connector: {type: offloading, parameters: {warmUp: false}}" + ONE;
    private static final String EVICTS = """
                flowControl: {enableEviction: true, saturationDetector: {pluginRef: predicted-ttft-detector}}
                plugins:
                  - {type: predicted-ttft-detector, parameters: {ttft: 100s}}
            """;
    private static final String TOP =
            ALWAYS.replace("    plugins:\n", EVICTS) + "tenants: {directory: tenants, salt: {file: salt}}\n";

    @TempDir
    Path dir;

    private final CountDownLatch cut = new CountDownLatch(1);

    private GatewayFixture start(ScriptedEngine p, ScriptedEngine d) throws Exception {
        return start(p, d, SERIAL);
    }

    private GatewayFixture start(ScriptedEngine p, ScriptedEngine d, String pool) throws Exception {
        Path tenants = Files.createDirectories(dir.resolve("tenants"));
        Files.writeString(dir.resolve("salt"), "the gateway's own secret");
        Files.writeString(tenants.resolve("batch.yaml"), file("batch", "priority: -1\n"));
        Files.writeString(tenants.resolve("plain.yaml"), file("plain", ""));
        return GatewayFixture.split(dir, List.of(p), List.of(d), pool, TOP);
    }

    private static String batch() {
        return GatewayFixture.chatBytes(chat(true)).replace("Host:", "x-api-key: " + key("batch") + "\r\nHost:");
    }

    private static void plainIsServed(GatewayFixture gateway) throws Exception {
        assertThat(gateway.post(CHAT, chat(false), "x-api-key", key("plain")).statusCode())
                .isEqualTo(200);
    }

    private ScriptedEngine.Script waits() {
        return (q, out) -> {
            q.awaitClose();
            cut.countDown();
            return false;
        };
    }

    private static double ended(GatewayFixture gateway, String how) throws Exception {
        return metric(gateway, "sluice_kv_lease_ends_total{how=\"" + how + "\",pool=\"chat\"}");
    }

    private static void evictedOnce(GatewayFixture gateway) throws Exception {
        TenantFixture.until(() -> gateway.gateway.runtime().inFlight.get() == 0);
        gateway.awaitIdle();
        assertThat(metric(gateway, "sluice_evicted_total{pool=\"chat\",priority=\"-1\"}"))
                .isEqualTo(1);
        assertThat(gateway.admin("/metrics").body())
                .as("nobody failed")
                .doesNotContain("sluice_disaggregation_failures_total{");
    }

    @Test
    void whileThePromptIsComputedThatLegIsClosed() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(waits(), prefills());
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = start(p, d);
                Socket batch = gateway.raw(batch())) {
            p.arrived.await();
            plainIsServed(gateway);
            assertThat(cut.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(GatewayFixture.readUntil(batch.getInputStream(), "}}"))
                    .startsWith("HTTP/1.1 503")
                    .contains("\"code\":\"evicted\"");
            assertThat(d.requests()).as("the other's alone").hasSize(1);
            evictedOnce(gateway);
            assertThat(metric(gateway, "sluice_kv_leases{pool=\"chat\",state=\"unsure\"}"))
                    .as("it may have computed it all the same")
                    .isEqualTo(1);
        }
    }

    @Test
    void beforeTheFirstTokenTheDecodeLegIsCutWhichHasTheBlocksReleased() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(prefills());
                ScriptedEngine d = new ScriptedEngine("base").does(waits(), decodes());
                GatewayFixture gateway = start(p, d);
                Socket batch = gateway.raw(batch())) {
            d.arrived.await();
            plainIsServed(gateway);
            assertThat(cut.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(GatewayFixture.readUntil(batch.getInputStream(), "}}")).startsWith("HTTP/1.1 503");
            evictedOnce(gateway);
            assertThat(ended(gateway, "released")).isEqualTo(1);
            assertThat(ended(gateway, "fetched")).isEqualTo(1);
        }
    }

    @Test
    void inTheMiddleOfTheStreamItIsCutHonestly() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(prefills());
                ScriptedEngine d = new ScriptedEngine("base")
                        .does(
                                (q, out) -> {
                                    begin(out);
                                    chunk(out, delta("hel"));
                                    q.awaitClose();
                                    cut.countDown();
                                    return false;
                                },
                                decodes());
                GatewayFixture gateway = start(p, d);
                Socket batch = gateway.raw(batch())) {
            GatewayFixture.readUntil(batch.getInputStream(), "hel");
            plainIsServed(gateway);
            assertThat(cut.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(GatewayFixture.readAll(batch.getInputStream()))
                    .contains("\"code\":\"evicted\"")
                    .doesNotContain("[DONE]");
            evictedOnce(gateway);
            assertThat(ended(gateway, "fetched")).isEqualTo(2);
        }
    }

    @Test
    void whereBothComputeAtOnceBothAreClosed() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        ScriptedEngine.Script waits = (q, out) -> {
            q.awaitClose();
            both.countDown();
            return false;
        };
        try (ScriptedEngine p = new ScriptedEngine("base").does(waits, prefills());
                ScriptedEngine d = new ScriptedEngine("base").does(waits, decodes());
                GatewayFixture gateway = start(p, d, PARALLEL);
                Socket batch = gateway.raw(batch())) {
            p.arrived.await();
            d.arrived.await();
            plainIsServed(gateway);
            assertThat(both.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(GatewayFixture.readUntil(batch.getInputStream(), "}}"))
                    .startsWith("HTTP/1.1 503")
                    .contains("\"code\":\"evicted\"");
            evictedOnce(gateway);
            for (ScriptedEngine engine : List.of(p, d)) {
                String evicted = engine.requests().getFirst().header("x-request-id");
                assertThat(engine.requests().stream().map(r -> r.header("x-request-id")))
                        .as("it is tried nowhere else")
                        .containsOnlyOnce(evicted);
            }
        }
    }
}
