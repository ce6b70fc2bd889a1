package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.end;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.Loaded;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A configuration that changes under requests: they finish on the one they started with, new ones see the new one. */
@Timeout(60)
class ReloadTest {
    private static final String ANSWER =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}";

    @TempDir
    Path dir;

    private void reload(GatewayFixture gateway, List<ScriptedEngine> engines, String server, String extra)
            throws Exception {
        Loaded loaded = GatewayFixture.load(dir, engines, server, extra, "");
        gateway.gateway.reload(loaded.config().orElseThrow(), loaded.catalog());
    }

    @Test
    void aStreamGoesOnWhenItsEngineIsTakenOut() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        ScriptedEngine.Script slow = (q, out) -> {
            begin(out);
            chunk(out, delta("a"));
            goOn.await();
            chunk(out, finish("stop") + DONE);
            return end(out);
        };
        try (ScriptedEngine old = new ScriptedEngine("base").does(slow);
                ScriptedEngine next = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(old));
                Socket client = gateway.raw(
                        GatewayFixture.chatBytes(chat(true)).replace("Host:", "connection: close\r\nHost:"))) {
            GatewayFixture.readUntil(client.getInputStream(), "\"a\"");
            reload(gateway, List.of(next), "", "");
            while (gateway.post(CHAT, chat(false)).statusCode() != 200) {
                java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
            }
            assertThat(next.requests()).hasSize(1);
            goOn.countDown();
            assertThat(GatewayFixture.readAll(client.getInputStream())).contains("[DONE]");
            gateway.awaitIdle();
        }
    }

    @Test
    void moreRoomIsGivenToThoseWhoWaitForItAtOnce() throws Exception {
        Semaphore go = new Semaphore(0);
        CountDownLatch both = new CountDownLatch(2);
        ScriptedEngine.Script held = (q, out) -> {
            both.countDown();
            go.acquire();
            return whole(out, 200, ANSWER);
        };
        try (ScriptedEngine engine = new ScriptedEngine("base").does(held);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine), "concurrency: 1");
                Socket first = gateway.raw(GatewayFixture.chatBytes(chat(false)));
                Socket second = gateway.raw(GatewayFixture.chatBytes(chat(false)))) {
            engine.arrived.await();
            reload(gateway, List.of(engine), "", "concurrency: 2");
            both.await();
            go.release(2);
            for (Socket client : List.of(first, second)) {
                assertThat(GatewayFixture.readUntil(client.getInputStream(), "\r\n"))
                        .startsWith("HTTP/1.1 200");
            }
        }
    }

    @Test
    void whoWaitsInAPoolThatIsTakenOutIsStillServed() throws Exception {
        Semaphore go = new Semaphore(0);
        ScriptedEngine.Script held = (q, out) -> {
            go.acquire();
            return whole(out, 200, ANSWER);
        };
        try (ScriptedEngine engine = new ScriptedEngine("base").does(held);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine), "concurrency: 1");
                Socket first = gateway.raw(GatewayFixture.chatBytes(chat(false)));
                Socket second = gateway.raw(GatewayFixture.chatBytes(chat(false)))) {
            LivePool pool = gateway.gateway
                    .runtime()
                    .settings
                    .table()
                    .pools()
                    .getFirst()
                    .pool();
            while (pool.queued() < 1) {
                java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
            }
            Loaded other = GatewayFixture.load(dir, List.of(engine), "", "", "");
            java.nio.file.Path file = dir.resolve("gateway.yaml");
            java.nio.file.Files.writeString(
                    file, java.nio.file.Files.readString(file).replace("name: chat", "name: other"));
            other = new dev.sluice.gateway.config.ConfigLoader().load(file, other.catalog());
            gateway.gateway.reload(other.config().orElseThrow(), other.catalog());
            go.release(2);
            for (Socket client : List.of(first, second)) {
                assertThat(GatewayFixture.readUntil(client.getInputStream(), "\r\n"))
                        .startsWith("HTTP/1.1 200");
            }
        }
    }

    @Test
    void whatNeedsARestartIsNamed() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base")) {
            var now = GatewayFixture.load(dir, List.of(engine), "", "", "")
                    .config()
                    .orElseThrow()
                    .server();
            var next = GatewayFixture.load(
                            dir, List.of(engine), "limits: {headers: 16KiB, body: 1MiB, headerTime: 3s}", "", "")
                    .config()
                    .orElseThrow()
                    .server();
            assertThat(ListenerSettings.changed(now, now)).isEmpty();
            assertThat(ListenerSettings.changed(now, next))
                    .containsExactly("server.limits.headers", "server.limits.headerTime");
        }
    }
}
