package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AllocationTest {
    private static final int CHUNKS = 6_000;

    @Test
    void aStreamedChunkAllocatesNextToNothing() throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Semaphore mayNext = new Semaphore(0);
        CompletableFuture<UpstreamPool> pool = new CompletableFuture<>();
        byte[] event = "7\r\ndata: x\r\n".getBytes(StandardCharsets.US_ASCII);
        try (Front front = new Front(x -> {
                    UpstreamConnection c = pool.join().take();
                    c.send("GET", "/", c.headers());
                    c.readHead(Duration.ofSeconds(10));
                    x.startStream(200, x.headers());
                    x.onGone(c::abort);
                    Relay.stream(c, x, (data, out) -> out.pass(data.position(), data.limit()), Duration.ofSeconds(10));
                    x.finish();
                    c.release();
                });
                FakeEngine engine = new FakeEngine(c -> {
                    FakeEngine.request(c);
                    c.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
                    for (int i = 0; i < CHUNKS; i++) {
                        mayNext.acquire();
                        c.send(event);
                    }
                    c.send("0\r\n\r\n");
                });
                Raw client = front.client()) {
            pool.complete(UpstreamPool.of(front.loop, engine.address(), PoolLimits.DEFAULT));
            client.send("GET /hot HTTP/1.1\r\nHost: a\r\n\r\n").head();
            long start = 0;
            int warm = CHUNKS / 2;
            for (int i = 0; i < CHUNKS; i++) {
                if (i == warm) {
                    start = threads.getThreadAllocatedBytes(front.loop.threadId());
                }
                mayNext.release();
                assertThat(client.chunk()).isEqualTo("data: x");
            }
            long perChunk = (threads.getThreadAllocatedBytes(front.loop.threadId()) - start) / (CHUNKS - warm);
            assertThat(perChunk).isLessThanOrEqualTo(32);
            assertThat(client.chunk()).isEmpty();
        }
    }
}
