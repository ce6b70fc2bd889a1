package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class UpstreamTest {
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(150);
    private final Loop loop = Loop.start("upstream-test");

    @AfterEach
    void stop() {
        loop.close();
    }

    private UpstreamPool pool(FakeEngine engine) {
        return UpstreamPool.of(loop, engine.address(), PoolLimits.DEFAULT);
    }

    private static UpstreamConnection post(UpstreamPool pool) throws Exception {
        UpstreamConnection c = pool.take();
        c.send("POST", "/v1/x", c.headers().add("x-a", "b"), ByteBuffer.wrap(new byte[10]));
        return c;
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.ISO_8859_1.decode(bytes.duplicate()).toString();
    }

    /** Sends one request, reads the whole answer, and says what came; the connection is released. */
    private static String exchange(UpstreamPool pool) throws Exception {
        UpstreamConnection c = post(pool);
        try {
            ResponseHead head = c.readHead(LONG);
            Optional<ByteBuffer> all = c.readAll(1 << 20, LONG);
            return head.status() + " " + text(all.orElseThrow());
        } finally {
            c.release();
        }
    }

    private static void awaitIdle(UpstreamPool pool, int expected) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (pool.idle() != expected && System.nanoTime() < end) {
            Thread.sleep(1);
        }
        assertThat(pool.idle()).isEqualTo(expected);
    }

    @Test
    void aCleanConnectionIsUsedAgain() throws Exception {
        try (FakeEngine engine = new FakeEngine(c -> {
                    for (int i = 0; ; i++) {
                        FakeEngine.request(c);
                        c.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nr" + i);
                        FakeEngine.request(c);
                        c.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nc" + i + "\r\n0\r\n\r\n");
                    }
                });
                UpstreamPool pool = pool(engine)) {
            for (int i = 0; i < 5; i++) {
                assertThat(exchange(pool)).isEqualTo("200 r" + i);
                assertThat(exchange(pool)).isEqualTo("200 c" + i);
            }
            assertThat(pool.idle()).isEqualTo(1);
            assertThat(pool.active()).isZero();
        }
    }

    @Test
    void theEngineSeesAFreshlyBuiltRequest() throws Exception {
        try (FakeEngine engine = new FakeEngine();
                UpstreamPool pool = pool(engine)) {
            UpstreamConnection c = pool.take();
            ByteBuffer body = ByteBuffer.wrap("0123456789".getBytes(StandardCharsets.US_ASCII), 2, 5);
            ByteBuffer large = ByteBuffer.allocateDirect(300_000);
            CompletableFuture<String> seen = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try {
                    seen.complete(FakeEngine.request(engine.next()));
                } catch (Exception e) {
                    seen.completeExceptionally(e);
                }
            });
            c.send("POST", "/v1/x?y=%20z", c.headers().add("x-a", "b"), body, large);
            assertThat(seen.get())
                    .startsWith("POST /v1/x?y=%20z HTTP/1.1\nhost: localhost:"
                            + engine.address().getPort() + "\nx-a: b\ncontent-length: 300005\n23456\0");
            assertThat(body.remaining()).isEqualTo(5);
            assertThat(large.remaining()).isEqualTo(300_000);
            c.abort();
            c.release();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokX",
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nX",
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
                "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok"
            })
    void aDirtyConnectionIsNeverUsedAgain(String answer) throws Exception {
        try (FakeEngine engine = new FakeEngine(c -> {
                    FakeEngine.request(c);
                    c.send(answer);
                    c.ended();
                });
                UpstreamPool pool = pool(engine)) {
            for (int i = 0; i < 5; i++) {
                assertThat(exchange(pool)).isEqualTo("200 ok");
                assertThat(pool.idle()).isZero();
            }
            assertThat(pool.active()).isZero();
        }
    }

    @Test
    void bytesThatNobodyAskedForDropTheIdleConnection() throws Exception {
        try (FakeEngine engine = new FakeEngine();
                UpstreamPool pool = pool(engine)) {
            UpstreamConnection c = post(pool);
            Raw e = engine.next();
            FakeEngine.request(e);
            e.send("HTTP/1.1 204 No Content\r\n\r\n");
            assertThat(c.readHead(LONG).status()).isEqualTo(204);
            c.release();
            assertThat(pool.idle()).isEqualTo(1);
            e.send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison");
            awaitIdle(pool, 0);
            assertThat(e.ended()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1 200",
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
            })
    void anAnswerThatEndsEarlyIsACut(String answer) throws Exception {
        try (FakeEngine engine = new FakeEngine(c -> {
                    FakeEngine.request(c);
                    c.send(answer);
                });
                UpstreamPool pool = pool(engine)) {
            assertThatThrownBy(() -> exchange(pool)).isInstanceOf(UpstreamException.Cut.class);
            assertThat(pool.idle()).isZero();
            assertThat(pool.active()).isZero();
        }
    }

    @Test
    void aBodyWithoutLengthEndsWithTheConnection() throws Exception {
        try (FakeEngine engine = new FakeEngine(c -> {
                    FakeEngine.request(c);
                    c.send("HTTP/1.1 200 OK\r\n\r\n" + "y".repeat(50_000));
                });
                UpstreamPool pool = pool(engine)) {
            assertThat(exchange(pool)).isEqualTo("200 " + "y".repeat(50_000));
            assertThat(pool.idle()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
                "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\nx: y\n\n",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n",
                "HTTP/1.1 101 Switching\r\n\r\n"
            })
    void anAnswerThatIsNoHttpIsAProtocolError(String answer) throws Exception {
        try (FakeEngine engine = new FakeEngine(c -> {
                    FakeEngine.request(c);
                    c.send(answer);
                    c.ended();
                });
                UpstreamPool pool = pool(engine)) {
            assertThatThrownBy(() -> exchange(pool)).isInstanceOf(UpstreamException.UpstreamProtocol.class);
            assertThat(pool.idle()).isZero();
        }
    }

    @Test
    void aHeaderOfAMegabyteIsAProtocolError() throws Exception {
        try (FakeEngine engine = new FakeEngine(c -> {
                    FakeEngine.request(c);
                    c.send("HTTP/1.1 200 OK\r\nx: " + "y".repeat(1 << 20) + "\r\n\r\n");
                });
                UpstreamPool pool = pool(engine)) {
            assertThatThrownBy(() -> exchange(pool)).isInstanceOf(UpstreamException.UpstreamProtocol.class);
        }
    }

    @Test
    void eightInterimResponsesAreSkippedAndNineAreNot() throws Exception {
        String interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
        String last = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        try (FakeEngine engine = new FakeEngine(c -> {
                    FakeEngine.request(c);
                    c.send(interim.repeat(8) + last);
                    FakeEngine.request(c);
                    c.send(interim.repeat(9) + last);
                    c.ended();
                });
                UpstreamPool pool = pool(engine)) {
            assertThat(exchange(pool)).isEqualTo("200 ok");
            assertThatThrownBy(() -> exchange(pool)).isInstanceOf(UpstreamException.UpstreamProtocol.class);
        }
    }

    @Test
    void aClosedPortIsAFreeFailure() throws Exception {
        int port;
        try (ServerSocket s = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = s.getLocalPort();
        }
        InetSocketAddress nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try (UpstreamPool pool = UpstreamPool.of(loop, nobody, PoolLimits.DEFAULT)) {
            assertThatThrownBy(pool::take)
                    .isInstanceOfSatisfying(
                            UpstreamException.ConnectFailed.class,
                            e -> assertThat(e.free()).isTrue());
            assertThat(pool.active()).isZero();
        }
    }

    @Test
    void idleConnectionsThatTheEngineClosesLeaveThePoolByThemselves() throws Exception {
        try (FakeEngine engine = new FakeEngine();
                UpstreamPool pool = pool(engine)) {
            UpstreamConnection[] all = new UpstreamConnection[10];
            Raw[] ends = new Raw[10];
            for (int i = 0; i < 10; i++) {
                all[i] = post(pool);
                ends[i] = engine.next();
                ends[i].send("HTTP/1.1 204 No Content\r\n\r\n");
                all[i].readHead(LONG);
            }
            for (UpstreamConnection c : all) {
                c.release();
            }
            assertThat(pool.idle()).isEqualTo(10);
            for (int i = 0; i < 10; i += 2) {
                ends[i].close();
                ends[i + 1].reset();
            }
            awaitIdle(pool, 0);
            assertThat(pool.active()).isZero();
        }
    }

    @Test
    void aReusedConnectionThatDiesWithoutAByteIsStale() throws Exception {
        try (FakeEngine engine = new FakeEngine(c -> {
                    FakeEngine.request(c);
                    c.send("HTTP/1.1 204 No Content\r\n\r\n");
                    FakeEngine.request(c);
                });
                UpstreamPool pool = pool(engine)) {
            exchange(pool);
            assertThatThrownBy(() -> exchange(pool))
                    .isInstanceOfSatisfying(
                            UpstreamException.StaleConnection.class,
                            e -> assertThat(e.free()).isTrue());
        }
    }

    @Test
    void idleConnectionsExpire() throws Exception {
        try (FakeEngine engine = new FakeEngine();
                UpstreamPool pool =
                        UpstreamPool.of(loop, engine.address(), new PoolLimits(4, SHORT, LONG, SHORT, 65536))) {
            UpstreamConnection c = post(pool);
            Raw e = engine.next();
            FakeEngine.request(e);
            e.send("HTTP/1.1 204 No Content\r\n\r\n");
            c.readHead(LONG);
            c.release();
            assertThat(e.ended()).isTrue();
            awaitIdle(pool, 0);
        }
    }

    @Test
    void aFullPoolFailsWithinTheConnectLimitAndGoesOnWhenAPlaceIsFree() throws Exception {
        try (FakeEngine engine = new FakeEngine();
                UpstreamPool pool =
                        UpstreamPool.of(loop, engine.address(), new PoolLimits(2, SHORT, LONG, LONG, 65536))) {
            UpstreamConnection a = pool.take();
            UpstreamConnection b = pool.take();
            assertThatThrownBy(pool::take).isInstanceOf(UpstreamException.ConnectFailed.class);
            a.release();
            pool.take().release();
            pool.takeFresh().release();
            b.release();
            assertThat(pool.active()).isZero();
        }
    }

    @Test
    void limitsOnTheFirstByteAndBetweenBytesAreKept() throws Exception {
        try (FakeEngine engine = new FakeEngine();
                UpstreamPool pool = pool(engine)) {
            UpstreamConnection silent = post(pool);
            assertThatThrownBy(() -> silent.readHead(SHORT))
                    .isInstanceOfSatisfying(
                            UpstreamException.UpstreamTimeout.class,
                            e -> assertThat(e.kind()).isEqualTo(UpstreamException.UpstreamTimeout.Kind.FIRST_BYTE));
            silent.release();
            FakeEngine.request(engine.next());
            UpstreamConnection pausing = post(pool);
            Raw e = engine.next();
            e.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n");
            pausing.readHead(LONG);
            assertThat(pausing.next(LONG)).isTrue();
            assertThatThrownBy(() -> pausing.next(SHORT))
                    .isInstanceOfSatisfying(
                            UpstreamException.UpstreamTimeout.class,
                            x -> assertThat(x.kind()).isEqualTo(UpstreamException.UpstreamTimeout.Kind.IDLE));
            pausing.release();
            FakeEngine.request(e);
            assertThat(e.ended()).isTrue();
            assertThat(pool.idle() + pool.active()).isZero();
        }
    }

    @Test
    void anEngineThatTakesNoBytesRunsIntoTheWriteLimit() throws Exception {
        try (FakeEngine engine = new FakeEngine();
                UpstreamPool pool =
                        UpstreamPool.of(loop, engine.address(), new PoolLimits(2, LONG, SHORT, LONG, 65536))) {
            UpstreamConnection c = pool.take();
            assertThatThrownBy(() -> c.send("POST", "/", c.headers(), ByteBuffer.allocateDirect(32 << 20)))
                    .isInstanceOf(UpstreamException.UpstreamTimeout.class);
            c.release();
        }
    }

    @Test
    void abortFromAnotherThreadEndsAWaitingReaderAndNeverTouchesTheNextLeg() throws Exception {
        try (FakeEngine engine = new FakeEngine();
                UpstreamPool pool = pool(engine)) {
            UpstreamConnection c = post(pool);
            Raw e = engine.next();
            FakeEngine.request(e);
            Thread.ofVirtual().start(c::abort);
            assertThatThrownBy(() -> c.readHead(LONG)).isInstanceOf(UpstreamException.Aborted.class);
            c.release();
            assertThat(e.ended()).isTrue();
            UpstreamConnection old = post(pool);
            Raw f = engine.next();
            f.send("HTTP/1.1 204 No Content\r\n\r\n");
            old.readHead(LONG);
            old.release();
            UpstreamConnection next = post(pool);
            assertThat(next.reused()).isTrue();
            old.abort();
            old.release();
            f.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            assertThat(next.readHead(LONG).status()).isEqualTo(200);
            assertThat(next.readAll(10, LONG).map(UpstreamTest::text)).contains("ok");
            next.release();
            assertThat(pool.idle()).isEqualTo(1);
            assertThat(pool.active()).isZero();
        }
    }

    @Test
    void anAnswerThatComesBeforeTheRequestIsTakenIsRead() throws Exception {
        try (FakeEngine engine = new FakeEngine(c -> {
                    c.head();
                    c.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\nconnection: close\r\n\r\nbig");
                    c.socket.shutdownOutput();
                    while (!c.ended()) {
                        // read on, as a server does that wants its answer to arrive
                    }
                });
                UpstreamPool pool = pool(engine)) {
            UpstreamConnection c = pool.take();
            c.send("POST", "/", c.headers(), ByteBuffer.allocateDirect(8 << 20));
            assertThat(c.readHead(LONG).status()).isEqualTo(413);
            assertThat(c.readAll(100, LONG).map(UpstreamTest::text)).contains("big");
            c.release();
            assertThat(pool.idle()).isZero();
        }
    }

    @Test
    void aBodyBeyondTheLimitComesInPieces() throws Exception {
        String long1 = "z".repeat(100_000);
        try (FakeEngine engine = new FakeEngine(c -> {
                    FakeEngine.request(c);
                    c.send("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + long1);
                    FakeEngine.request(c);
                    c.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
                    for (int i = 0; i < 100; i++) {
                        c.send("3e8\r\n" + "z".repeat(1000) + "\r\n");
                    }
                    c.send("0\r\n\r\n");
                });
                UpstreamPool pool = pool(engine)) {
            for (int i = 0; i < 2; i++) {
                UpstreamConnection c = post(pool);
                c.readHead(LONG);
                assertThat(c.readAll(20_000, LONG)).isEmpty();
                StringBuilder all = new StringBuilder(text(c.overflow()));
                while (c.next(LONG)) {
                    all.append(text(c.data()));
                }
                assertThat(all.toString()).isEqualTo(long1);
                assertThat(c.finished()).isTrue();
                c.release();
                assertThat(pool.idle()).isEqualTo(1);
            }
        }
    }

    @Test
    void headAndBodyMayArriveInAnyPieces() throws Exception {
        String head = "HTTP/1.1 200 OK\r\ncontent-type: a\r\ntransfer-encoding: chunked\r\n\r\n";
        String answer = head + "4\r\nWiki\r\n5;ext=1\r\npedia\r\n0\r\ntrailer: x\r\n\r\n";
        try (FakeEngine engine = new FakeEngine(c -> {
                    for (int i = 1; i < answer.length(); i++) {
                        FakeEngine.request(c);
                        c.send(answer.substring(0, i));
                        c.socket.getOutputStream().flush();
                        c.send(answer.substring(i));
                    }
                });
                UpstreamPool pool = pool(engine)) {
            for (int i = 1; i < answer.length(); i++) {
                assertThat(exchange(pool)).as("split at " + i).isEqualTo("200 Wikipedia");
            }
        }
    }
}
