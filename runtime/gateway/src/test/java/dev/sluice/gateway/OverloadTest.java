package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** More requests than engines and queue can take. */
@Timeout(90)
class OverloadTest {
    private static final int QUEUE = 1024;
    private static final String ANSWER =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}";

    @TempDir
    Path dir;

    @Test
    void pastTheQueueItIs503WithinMillisecondsAndWhoeverWaitedIsServed() throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        ScriptedEngine.Script held = (q, out) -> {
            hold.await();
            return whole(out, 200, ANSWER);
        };
        List<Socket> waiting = new ArrayList<>();
        try (ScriptedEngine engine = new ScriptedEngine("base").does(held);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine), "concurrency: 1")) {
            for (int i = 0; i < QUEUE + 1; i++) {
                waiting.add(gateway.raw(GatewayFixture.chatBytes(chat(false))));
            }
            awaitQueued(gateway, QUEUE);
            long best = Long.MAX_VALUE;
            for (int i = 0; i < 20; i++) {
                long begun = System.nanoTime();
                HttpResponse<String> refused = gateway.post(CHAT, chat(false));
                best = Math.min(best, System.nanoTime() - begun);
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(refused.body()).contains("\"code\":\"overloaded\"").contains("overloaded_error");
                assertThat(refused.headers().firstValue("retry-after")).hasValue("1");
            }
            assertThat(TimeUnit.NANOSECONDS.toMillis(best)).as("ms").isLessThan(50);
            assertThat(engine.requests())
                    .as("the engine never had more than it may have")
                    .hasSize(1);
            waiting.subList(200, waiting.size()).forEach(OverloadTest::leave);
            hold.countDown();
            for (Socket client : waiting.subList(0, 200)) {
                assertThat(GatewayFixture.readUntil(client.getInputStream(), "\r\n"))
                        .startsWith("HTTP/1.1 200");
            }
            gateway.awaitIdle();
            assertThat(queued(gateway)).isZero();
        } finally {
            waiting.forEach(OverloadTest::leave);
        }
    }

    @Test
    void aLongUploadDoesNotUseUpTheTimeInTheQueue() throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        ScriptedEngine.Script held = (q, out) -> {
            hold.await();
            return whole(out, 200, ANSWER);
        };
        try (ScriptedEngine engine = new ScriptedEngine("base").does(held);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine), "concurrency: 1");
                Socket first = gateway.raw(GatewayFixture.chatBytes(chat(false)))) {
            engine.arrived.await();
            long uploaded;
            String bytes = GatewayFixture.chatBytes(chat(false));
            try (Socket second = gateway.raw(bytes.substring(0, bytes.length() - 1))) {
                TimeUnit.MILLISECONDS.sleep(300); // an upload that takes its time
                uploaded = System.nanoTime();
                second.getOutputStream().write('}');
                awaitQueued(gateway, 1);
                hold.countDown();
                assertThat(GatewayFixture.readUntil(second.getInputStream(), "\r\n"))
                        .startsWith("HTTP/1.1 200");
                uploaded = System.nanoTime() - uploaded;
            }
            assertThat(GatewayFixture.readUntil(first.getInputStream(), "\r\n")).startsWith("HTTP/1.1 200");
            double waited = gateway.admin("/metrics")
                    .body()
                    .lines()
                    .filter(l -> l.startsWith("sluice_queue_duration_seconds_sum"))
                    .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' '))))
                    .sum();
            assertThat(waited)
                    .as("seconds in the queue, the upload not among them")
                    .isBetween(0.0, uploaded / 1e9);
        }
    }

    private static int queued(GatewayFixture gateway) {
        return gateway.gateway.runtime().settings.table().pools().stream()
                .mapToInt(p -> p.pool().queued())
                .sum();
    }

    private static void awaitQueued(GatewayFixture gateway, int count) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (queued(gateway) < count) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(queued(gateway) + " requests wait, not " + count);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    private static void leave(Socket client) {
        try {
            client.close();
        } catch (IOException closed) {
            // left already
        }
    }
}
