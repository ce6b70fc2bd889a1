package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.Halves.ALWAYS;
import static dev.sluice.gateway.Halves.PARAMS;
import static dev.sluice.gateway.Halves.decodes;
import static dev.sluice.gateway.Halves.prefilled;
import static dev.sluice.gateway.Halves.prefills;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What happens between engines before requests are split over them. */
@Timeout(60)
class PreparationsTest {
    @TempDir
    Path dir;

    @Test
    void pairsShakeHandsBeforeARequestNeedsIt() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does(prefills());
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = GatewayFixture.split(
                        dir, List.of(p), List.of(d), "connector: nixl\n    routing: always", ALWAYS)) {
            d.awaitRequests(1);
            assertThat(p.requests().getFirst().head()).startsWith("POST /v1/completions ");
            assertThat(p.requests().getFirst().body()).contains("\"do_remote_decode\":true", "\"model\":\"base\"");
            assertThat(d.requests().getFirst().body()).contains(PARAMS);
            assertThat(d.requests().getFirst().header("x-request-id")).startsWith("slc-warm-");
            assertThat(gateway.post(CHAT, chat(true)).body()).endsWith(DONE);
            gateway.awaitIdle();
        }
    }

    @Test
    void aPairThatCantShakeHandsDoesNotServe() throws Exception {
        try (ScriptedEngine p = new ScriptedEngine("base").does((q, out) -> whole(out, 200, prefilled("null")));
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = GatewayFixture.split(
                        dir, List.of(p), List.of(d), "connector: nixl\n    routing: always", ALWAYS)) {
            p.awaitRequests(1);
            gateway.awaitLinkFailed("127.0.0.1:" + p.port(), "127.0.0.1:" + d.port());
            int before = p.requests().size();
            assertThat(gateway.post(CHAT, chat(true)).body()).endsWith(DONE);
            assertThat(p.requests()).hasSize(before);
            gateway.awaitIdle();
        }
    }

    @Test
    void aPrefillEngineServesOnlyWhenItsBootstrapServerHasAnswered() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        HttpServer bootstrap = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        bootstrap.createContext("/query", exchange -> {
            boolean ready = asked.incrementAndGet() > 1;
            byte[] body = (ready ? "{\"0\":{\"engine_id\":\"e-7\"}}" : "").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(ready ? 200 : 503, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        bootstrap.start();
        String connector = "connector: {type: mooncake, parameters: {bootstrapPort: "
                + bootstrap.getAddress().getPort() + "}}\n    routing: always";
        try (ScriptedEngine p = new ScriptedEngine("base").does((q, out) -> whole(out, 200, prefilled("null")));
                ScriptedEngine d = new ScriptedEngine("base").does(decodes());
                GatewayFixture gateway = GatewayFixture.split(dir, List.of(p), List.of(d), connector, ALWAYS)) {
            assertThat(gateway.post(CHAT, chat(true)).body())
                    .as("served meanwhile")
                    .endsWith(DONE);
            gateway.awaitKnown("127.0.0.1:" + p.port());
            assertThat(gateway.post(CHAT, chat(true)).body()).endsWith(DONE);
            assertThat(d.requests().getLast().body()).contains("\"remote_engine_id\":\"e-7\"");
            p.awaitRequests(1);
            assertThat(p.requests().getLast().header("x-data-parallel-rank")).isEqualTo("0");
            gateway.awaitIdle();
        } finally {
            bootstrap.stop(0);
        }
    }
}
