package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.end;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A drain whose time is over. */
@Timeout(60)
class DrainLimitTest {
    @TempDir
    Path dir;

    @Test
    void aStreamThatOutlastsTheDrainIsCutAndLooksSo() throws Exception {
        ScriptedEngine.Script endless = (request, out) -> {
            begin(out);
            chunk(out, delta("a"));
            request.awaitClose();
            return false;
        };
        try (ScriptedEngine engine = new ScriptedEngine("base").does(endless);
                GatewayFixture gateway =
                        GatewayFixture.withServer(dir, List.of(engine), "drain: {notReadyFor: 0s, streams: 200ms}");
                Socket client = gateway.raw(GatewayFixture.chatBytes(chat(true)))) {
            String begun = GatewayFixture.readUntil(client.getInputStream(), "\"a\"");
            long since = System.nanoTime();
            gateway.gateway.drainAndClose();
            String rest = GatewayFixture.readAll(client.getInputStream());
            assertThat(begun).startsWith("HTTP/1.1 200");
            assertThat(rest)
                    .as("no marker, no last chunk")
                    .doesNotContain("[DONE]")
                    .doesNotEndWith("0\r\n\r\n");
            assertThat((System.nanoTime() - since) / 1_000_000).as("ms").isBetween(200L, 10_000L);
        }
    }

    @Test
    void whoseStreamOutlastedTheDrainMaySendOnceMore() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        ScriptedEngine.Script slow = (request, out) -> {
            begin(out);
            chunk(out, delta("a"));
            goOn.await();
            chunk(out, finish("stop") + DONE);
            return end(out);
        };
        ScriptedEngine.Script whole = (request, out) -> whole(out, 200, "{\"choices\":[]}");
        try (ScriptedEngine engine = new ScriptedEngine("base").does(slow, whole);
                GatewayFixture gateway =
                        GatewayFixture.withServer(dir, List.of(engine), "drain: {notReadyFor: 1s, streams: 60s}");
                Socket client = gateway.raw(GatewayFixture.chatBytes(chat(true)))) {
            GatewayFixture.readUntil(client.getInputStream(), "\"a\"");
            CompletableFuture<Void> ended = gateway.drains();
            goOn.countDown();
            GatewayFixture.readUntil(client.getInputStream(), "\r\n0\r\n\r\n");
            client.getOutputStream().write(GatewayFixture.chatBytes(chat(false)).getBytes(StandardCharsets.UTF_8));
            assertThat(GatewayFixture.readAll(client.getInputStream()))
                    .startsWith("HTTP/1.1 200")
                    .containsIgnoringCase("connection: close");
            ended.get(20, TimeUnit.SECONDS);
        }
    }

    @Test
    void whoSendsNothingMoreDoesNotHoldItUp() throws Exception {
        ScriptedEngine.Script whole = (request, out) -> whole(out, 200, "{\"choices\":[]}");
        try (ScriptedEngine engine = new ScriptedEngine("base").does(whole);
                GatewayFixture gateway =
                        GatewayFixture.withServer(dir, List.of(engine), "drain: {notReadyFor: 100ms, streams: 1h}");
                Socket client = gateway.raw(GatewayFixture.chatBytes(chat(false)))) {
            GatewayFixture.readUntil(client.getInputStream(), "[]}");
            gateway.gateway.drainAndClose();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
    }
}
