package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a stream holds while its engine computes. */
@Timeout(60)
class OpenStreamsTest {
    private static final int STREAMS = 40;
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final ChunkWatcher ALL = (data, out) -> out.pass(data.position(), data.limit());

    @Test
    void streamsThatWaitHoldNoBuffersAndTheirConnectionsGoOn() throws Exception {
        CompletableFuture<UpstreamPool> pool = new CompletableFuture<>();
        ByteBudget budget = new ByteBudget(64 << 20);
        BlockingQueue<Semaphore> begun = new LinkedBlockingQueue<>();
        List<Raw> clients = new ArrayList<>();
        try (Front front = new Front(x -> relay(x, pool.join(), budget));
                FakeEngine engine = new FakeEngine(c -> {
                    while (true) {
                        FakeEngine.request(c);
                        c.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n");
                        Semaphore goOn = new Semaphore(0);
                        begun.add(goOn);
                        goOn.acquire();
                        c.send("4\r\nlast\r\n0\r\n\r\n");
                    }
                })) {
            pool.complete(UpstreamPool.of(front.loop, engine.address(), PoolLimits.DEFAULT));
            long before = 0;
            for (int i = 0; i < STREAMS; i++) {
                Raw client = front.client();
                clients.add(client);
                client.send(post(i));
                assertThat(client.line()).startsWith("HTTP/1.1 200");
                readTo(client, "first");
                if (i == STREAMS / 4) {
                    before = directBuffers();
                }
            }
            // With a buffer for each side there would be 60 more.
            assertThat(directBuffers() - before).isLessThan(STREAMS / 4);
            assertThat(budget.used()).isZero();

            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < STREAMS; i++) {
                    begun.take().release();
                }
                for (Raw client : clients) {
                    readTo(client, "last");
                    readTo(client, "0");
                    assertThat(client.line()).isEmpty();
                    if (round == 0) {
                        client.send(post(99));
                        assertThat(client.line()).startsWith("HTTP/1.1 200");
                        readTo(client, "first");
                    }
                }
            }
        } finally {
            for (Raw client : clients) {
                client.close();
            }
        }
    }

    private static void relay(ClientExchange x, UpstreamPool pool, BodyBudget budget)
            throws IOException, InterruptedException {
        ByteBuffer body = x.readBody(1 << 20, budget);
        UpstreamConnection c = pool.take();
        x.onGone(c::abort);
        try {
            c.send("POST", "/stream", c.headers(), body);
            ResponseHead head = c.readHead(LONG);
            x.startStream(head.status(), x.headers());
            x.releaseBody();
            assertThat(x.bodyReleased()).isTrue();
            assertThat(x.head().header("x-mark")).contains("kept");
            Relay.stream(c, x, ALL, LONG);
            assertThat(x.head().header("x-mark")).contains("kept");
            x.finish();
        } finally {
            c.release();
        }
    }

    private static String post(int i) {
        String body = Integer.toString(i).repeat(4000);
        return "POST /hot HTTP/1.1\r\nHost: a\r\nX-Mark: kept\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static void readTo(Raw from, String line) throws IOException {
        String read = from.line();
        while (!read.equals(line)) {
            read = from.line();
        }
    }

    private static long directBuffers() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getCount)
                .sum();
    }
}
