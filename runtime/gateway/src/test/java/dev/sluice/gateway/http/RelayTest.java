package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RelayTest {
    private static final String GET = "GET /hot HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final ChunkWatcher ALL = (data, out) -> out.pass(data.position(), data.limit());

    /** A front that relays to the engine; outcomes are queued when all is released: the number of bytes, or the exception. */
    private static Front front(
            CompletableFuture<UpstreamPool> pool, ChunkWatcher watcher, Duration idle, BlockingQueue<Object> outcomes) {
        return front(HttpLimits.DEFAULT, pool, watcher, idle, outcomes);
    }

    private static Front front(
            HttpLimits limits,
            CompletableFuture<UpstreamPool> pool,
            ChunkWatcher watcher,
            Duration idle,
            BlockingQueue<Object> outcomes) {
        return new Front(limits, x -> {
            UpstreamConnection c = take(pool.join());
            x.onGone(c::abort);
            Object outcome;
            try {
                c.send("GET", "/stream", c.headers());
                ResponseHead head = c.readHead(LONG);
                x.startStream(head.status(), x.headers().copyAll(head, HeaderBlock.Filter.ALL));
                outcome = Relay.stream(c, x, watcher, idle);
                x.finish();
            } catch (IOException e) {
                outcome = e;
                x.abort();
            } finally {
                c.release();
            }
            outcomes.add(outcome);
        });
    }

    private static UpstreamConnection take(UpstreamPool pool) throws IOException, InterruptedException {
        return pool.take();
    }

    private static void streams(int events, boolean ends, Raw c) throws IOException {
        FakeEngine.request(c);
        c.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
        for (int i = 0; i < events; i++) {
            String event = "data: " + i + "\n\n";
            c.send(Integer.toHexString(event.length()) + "\r\n" + event + "\r\n");
        }
        if (ends) {
            c.send("0\r\n\r\n");
        }
    }

    private static String events(int n) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < n; i++) {
            all.append("data: ").append(i).append("\n\n");
        }
        return all.toString();
    }

    @Test
    void aStreamPassesUnchangedAndBothConnectionsGoOn() throws Exception {
        CompletableFuture<UpstreamPool> pool = new CompletableFuture<>();
        BlockingQueue<Object> outcomes = new LinkedBlockingQueue<>();
        try (Front front = front(pool, ALL, LONG, outcomes);
                FakeEngine engine = new FakeEngine(c -> {
                    while (true) {
                        streams(500, true, c);
                    }
                });
                Raw client = front.client()) {
            pool.complete(UpstreamPool.of(front.loop, engine.address(), PoolLimits.DEFAULT));
            for (int i = 0; i < 10; i++) {
                Raw.Answer answer = client.send(GET).answer();
                assertThat(answer.body()).isEqualTo(events(500));
                assertThat(answer.head()).contains("content-type: text/event-stream");
                assertThat(outcomes.take()).isEqualTo((long) events(500).length());
            }
            assertThat(pool.join().idle()).isEqualTo(1);
        }
    }

    @Test
    void aWatcherCanDropReplaceAndAppend() throws Exception {
        CompletableFuture<UpstreamPool> pool = new CompletableFuture<>();
        BlockingQueue<Object> outcomes = new LinkedBlockingQueue<>();
        ChunkWatcher editing = new ChunkWatcher() {
            @Override
            public void onBytes(ByteBuffer data, Passage out) {
                for (int i = data.position(); i < data.limit(); i++) {
                    switch (data.get(i)) {
                        case '3' -> {}
                        case '4' -> out.insert(ByteBuffer.wrap("four".getBytes(StandardCharsets.UTF_8)));
                        default -> out.pass(i, i + 1);
                    }
                }
            }

            @Override
            public void onEnd(Passage out) {
                out.insert(ByteBuffer.wrap("end".getBytes(StandardCharsets.UTF_8)));
            }
        };
        try (Front front = front(pool, editing, LONG, outcomes);
                FakeEngine engine = new FakeEngine(c -> streams(100, true, c));
                Raw client = front.client()) {
            pool.complete(UpstreamPool.of(front.loop, engine.address(), PoolLimits.DEFAULT));
            assertThat(client.send(GET).answer().body())
                    .isEqualTo(events(100).replace("3", "").replace("4", "four") + "end");
        }
    }

    @Test
    void whatIsWithheldSendsNothing() throws Exception {
        CompletableFuture<UpstreamPool> pool = new CompletableFuture<>();
        BlockingQueue<Object> outcomes = new LinkedBlockingQueue<>();
        try (Front front = front(pool, (data, out) -> {}, LONG, outcomes);
                FakeEngine engine = new FakeEngine(c -> streams(100, true, c));
                Raw client = front.client()) {
            pool.complete(UpstreamPool.of(front.loop, engine.address(), PoolLimits.DEFAULT));
            assertThat(client.send(GET).answer().body()).isEmpty();
        }
    }

    @Test
    void aCutEngineStreamCutsTheClientsStream() throws Exception {
        CompletableFuture<UpstreamPool> pool = new CompletableFuture<>();
        BlockingQueue<Object> outcomes = new LinkedBlockingQueue<>();
        try (Front front = front(pool, ALL, LONG, outcomes);
                FakeEngine engine = new FakeEngine(c -> streams(20, false, c));
                Raw client = front.client()) {
            pool.complete(UpstreamPool.of(front.loop, engine.address(), PoolLimits.DEFAULT));
            client.send(GET).head();
            assertThat(client.rest()).contains("data: 19").doesNotContain("\r\n0\r\n");
            assertThat(outcomes.take()).isInstanceOf(UpstreamException.Cut.class);
        }
    }

    @Test
    void anEngineThatPausesTooLongEndsTheRelay() throws Exception {
        CompletableFuture<UpstreamPool> pool = new CompletableFuture<>();
        BlockingQueue<Object> outcomes = new LinkedBlockingQueue<>();
        try (Front front = front(pool, ALL, Duration.ofMillis(150), outcomes);
                FakeEngine engine = new FakeEngine(c -> {
                    streams(3, false, c);
                    c.ended();
                });
                Raw client = front.client()) {
            pool.complete(UpstreamPool.of(front.loop, engine.address(), PoolLimits.DEFAULT));
            client.send(GET).head();
            assertThat(client.rest()).contains("data: 2");
            assertThat(outcomes.take()).isInstanceOf(UpstreamException.UpstreamTimeout.class);
        }
    }

    @Test
    void aClientThatLeavesEndsTheEnginesConnectionWithinAHundredMilliseconds() throws Exception {
        CompletableFuture<UpstreamPool> pool = new CompletableFuture<>();
        BlockingQueue<Object> outcomes = new LinkedBlockingQueue<>();
        BlockingQueue<Long> ended = new LinkedBlockingQueue<>();
        try (Front front = front(pool, ALL, LONG, outcomes);
                FakeEngine engine = new FakeEngine(c -> {
                    try {
                        streams(3, false, c);
                        assertThat(c.ended()).isTrue();
                    } finally {
                        ended.add(System.nanoTime());
                    }
                })) {
            pool.complete(UpstreamPool.of(front.loop, engine.address(), PoolLimits.DEFAULT));
            long worst = Long.MAX_VALUE;
            for (int batch = 0; batch < 3 && worst > 100_000_000; batch++) {
                worst = 0;
                for (int i = 0; i < 100; i++) {
                    Raw client = front.client();
                    client.send(GET).head();
                    client.exactly(3);
                    long left = System.nanoTime();
                    if (i % 2 == 0) {
                        client.close();
                    } else {
                        client.reset();
                    }
                    worst = Math.max(worst, ended.take() - left);
                    assertThat(outcomes.take()).isInstanceOf(IOException.class);
                    client.close();
                }
            }
            assertThat(worst).isLessThan(100_000_000);
        }
    }

    @Test
    void aClientThatReadsSlowlyHoldsTheEngineBackAndLosesNothing() throws Exception {
        CompletableFuture<UpstreamPool> pool = new CompletableFuture<>();
        BlockingQueue<Object> outcomes = new LinkedBlockingQueue<>();
        AtomicLong sent = new AtomicLong();
        int pieces = 3_000;
        String piece = "2710\r\n" + "p".repeat(10_000) + "\r\n";
        try (Front front = front(pool, ALL, LONG, outcomes);
                FakeEngine engine = new FakeEngine(c -> {
                    FakeEngine.request(c);
                    c.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
                    for (int i = 0; i < pieces; i++) {
                        c.send(piece);
                        sent.addAndGet(10_000);
                    }
                    c.send("0\r\n\r\n");
                });
                Raw client = front.client()) {
            pool.complete(UpstreamPool.of(front.loop, engine.address(), PoolLimits.DEFAULT));
            client.send(GET).head();
            long before;
            do {
                before = sent.get();
                TimeUnit.MILLISECONDS.sleep(100); // nothing to await: the point is that nothing more happens
            } while (before != sent.get());
            assertThat(before).isLessThan(pieces * 10_000L / 2);
            long total = 0;
            for (String chunk = client.chunk(); !chunk.isEmpty(); chunk = client.chunk()) {
                total += chunk.length();
            }
            assertThat(total).isEqualTo(pieces * 10_000L);
        }
    }

    @Test
    void aClientThatStopsReadingARelayedStreamIsGivenUpAndTheEngineLetGo() throws Exception {
        CompletableFuture<UpstreamPool> pool = new CompletableFuture<>();
        BlockingQueue<Object> outcomes = new LinkedBlockingQueue<>();
        HttpLimits quick =
                new HttpLimits(32 << 10, 100, LONG, LONG, 1000, LONG, Duration.ofMillis(300), Duration.ofMillis(200));
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        String piece = "2710\r\n" + "p".repeat(10_000) + "\r\n";
        try (Front front = front(quick, pool, ALL, LONG, outcomes);
                FakeEngine engine = new FakeEngine(c -> {
                    FakeEngine.request(c);
                    try {
                        c.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
                        while (true) {
                            c.send(piece);
                        }
                    } finally {
                        ended.complete(true);
                    }
                });
                Raw client = front.client()) {
            pool.complete(UpstreamPool.of(front.loop, engine.address(), PoolLimits.DEFAULT));
            client.send(GET).head();
            assertThat(outcomes.take()).isInstanceOf(ClientGone.class);
            assertThat(ended.get(5, TimeUnit.SECONDS)).isTrue();
            assertThat(pool.join().active() + pool.join().idle()).isZero();
        }
    }

    @Test
    void anEngineThatDiesWhileTheClientIsSlowLeavesACutStream() throws Exception {
        CompletableFuture<UpstreamPool> pool = new CompletableFuture<>();
        BlockingQueue<Object> outcomes = new LinkedBlockingQueue<>();
        String piece = "2710\r\n" + "p".repeat(10_000) + "\r\n";
        CountDownLatch died = new CountDownLatch(1);
        try (Front front = front(pool, ALL, LONG, outcomes);
                FakeEngine engine = new FakeEngine(c -> {
                    FakeEngine.request(c);
                    c.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
                    for (int i = 0; i < 1_000; i++) {
                        c.send(piece);
                    }
                    c.reset();
                    died.countDown();
                });
                Raw client = front.client()) {
            pool.complete(UpstreamPool.of(front.loop, engine.address(), PoolLimits.DEFAULT));
            client.send(GET).head();
            long total = client.chunk().length();
            assertThatThrownBy(() -> {
                        while (!client.chunk().isEmpty()) {
                            // read on
                        }
                        throw new AssertionError("the stream looks complete");
                    })
                    .isInstanceOf(IOException.class);
            assertThat(total).isPositive();
            assertThat(outcomes.take()).isInstanceOf(IOException.class);
            died.await();
        }
    }

    @Test
    void aWatcherThatFailsEndsTheRelay() throws Exception {
        CompletableFuture<UpstreamPool> pool = new CompletableFuture<>();
        BlockingQueue<Object> outcomes = new LinkedBlockingQueue<>();
        try (Front front = front(
                        pool,
                        (data, out) -> {
                            throw new IOException("seen enough");
                        },
                        LONG,
                        outcomes);
                FakeEngine engine = new FakeEngine(c -> {
                    streams(3, false, c);
                    c.ended();
                });
                Raw client = front.client()) {
            pool.complete(UpstreamPool.of(front.loop, engine.address(), PoolLimits.DEFAULT));
            client.send(GET);
            assertThat(outcomes.take()).isInstanceOf(IOException.class).hasToString("java.io.IOException: seen enough");
            assertThat(client.rest()).doesNotContain("data:");
            assertThat(pool.join().idle()).isZero();
        }
    }
}
