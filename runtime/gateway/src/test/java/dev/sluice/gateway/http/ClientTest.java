package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ClientTest {
    private static final String GET = "GET /hot HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final HttpLimits QUICK = new HttpLimits(
            32 << 10,
            100,
            Duration.ofMillis(300),
            Duration.ofMillis(300),
            1000,
            Duration.ofMillis(300),
            Duration.ofMillis(300),
            Duration.ofMillis(200));

    private static final HttpLimits IMPATIENT = new HttpLimits(
            32 << 10,
            100,
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            1000,
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofMillis(200));

    /** Milliseconds from the client's leaving to the handler's knowing; the client leaves as the test says. */
    private static List<Double> timesToNotice(Front front, BlockingQueue<Long> noticed, int rounds) throws Exception {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            Raw client = front.client();
            client.send(GET);
            assertThat(noticed.take()).isZero();
            long left = System.nanoTime();
            switch (i % 3) {
                case 0 -> client.close();
                case 1 -> client.reset();
                default -> client.socket.shutdownOutput();
            }
            times.add((noticed.take() - left) / 1e6);
            client.close();
        }
        Collections.sort(times);
        return times;
    }

    private static Front.Handler waiting(BlockingQueue<Long> noticed) {
        return x -> {
            CountDownLatch gone = new CountDownLatch(1);
            x.onGone(() -> {
                noticed.add(System.nanoTime());
                gone.countDown();
            });
            noticed.add(0L);
            gone.await();
            assertThat(x.gone()).isTrue();
            x.abort();
        };
    }

    @Test
    void aClientThatLeavesWhileItsRequestWaitsIsNoticedWithinAHundredMilliseconds() throws Exception {
        BlockingQueue<Long> noticed = new LinkedBlockingQueue<>();
        try (Front front = new Front(waiting(noticed))) {
            timesToNotice(front, noticed, 10);
            List<Double> times = timesToNotice(front, noticed, 100);
            for (int again = 0; again < 2 && times.getLast() >= 100; again++) {
                times = timesToNotice(front, noticed, 100); // somebody else's build took the processor
            }
            assertThat(times.getLast()).as("of " + times).isLessThan(100);
        }
    }

    @Test
    void aClientThatLeavesMidStreamIsNoticedWithoutAWrite() throws Exception {
        CompletableFuture<Long> noticed = new CompletableFuture<>();
        try (Front front = new Front(x -> {
                    x.startStream(200, x.headers());
                    x.write(ByteBuffer.wrap("a".getBytes(StandardCharsets.UTF_8)));
                    x.onGone(() -> noticed.complete(System.nanoTime()));
                    noticed.join();
                    x.abort();
                });
                Raw client = front.client()) {
            client.send(GET).head();
            assertThat(client.chunk()).isEqualTo("a");
            long left = System.nanoTime();
            client.socket.close();
            assertThat(noticed.get() - left).isLessThan(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    @Test
    void whatComesEarlyIsKeptForTheNextRequest() throws Exception {
        CompletableFuture<Void> go = new CompletableFuture<>();
        BlockingQueue<Boolean> gone = new LinkedBlockingQueue<>();
        try (Front front = new Front(x -> {
                    String path = x.head().path();
                    x.readBody(1 << 20, HotConnectionsTest.BUDGET);
                    x.onGone(() -> gone.add(true));
                    if (path.equals("/hot/0")) {
                        go.join();
                    }
                    x.respond(200, x.headers(), path.getBytes(StandardCharsets.UTF_8));
                });
                Raw client = front.client()) {
            client.send("POST /hot/0 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
            for (int i = 1; i < 300; i++) {
                client.send(HotConnectionsTest.post("/hot/" + i, "x".repeat(i)));
            }
            go.complete(null);
            for (int i = 0; i < 300; i++) {
                assertThat(client.answer().body()).isEqualTo("/hot/" + i);
            }
            assertThat(gone).isEmpty();
        }
    }

    @Test
    void aSlowHeadIsClosedInTime() throws Exception {
        try (Front front = new Front(QUICK, HotConnectionsTest::echo);
                Raw client = front.client()) {
            long start = System.nanoTime();
            client.send("GET /hot HTTP/1.1\r\n");
            Thread drip = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 1000; i++) {
                        client.send("x: y\r\n");
                        Thread.sleep(20);
                    }
                } catch (IOException | InterruptedException e) {
                    // closed
                }
            });
            Raw.Answer answer = client.answer();
            drip.interrupt();
            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.closes()).isTrue();
            assertThat(System.nanoTime() - start).isBetween(ms(250), ms(1500));
        }
    }

    private static long ms(long n) {
        return TimeUnit.MILLISECONDS.toNanos(n);
    }

    @Test
    void aSlowBodyIsClosedInTimeThoughItDrips() throws Exception {
        try (Front front = new Front(QUICK, HotConnectionsTest::echo);
                Raw client = front.client()) {
            long start = System.nanoTime();
            client.send("POST /hot HTTP/1.1\r\nHost: a\r\nContent-Length: 800\r\n\r\n");
            Thread drip = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 1000; i++) {
                        client.send("x");
                        Thread.sleep(20);
                    }
                } catch (IOException | InterruptedException e) {
                    // closed
                }
            });
            assertThat(client.answer().status()).isEqualTo(408);
            drip.interrupt();
            assertThat(System.nanoTime() - start).isBetween(ms(250), ms(1500));
            // The answer is on its way before its thread gives the bytes back.
            for (int i = 0; i < 2000 && HotConnectionsTest.BUDGET.used() > 0; i++) {
                LockSupport.parkNanos(1_000_000);
            }
            assertThat(HotConnectionsTest.BUDGET.used()).isZero();
        }
    }

    @Test
    void connectionsThatSendNothingAreClosed() throws Exception {
        try (Front front = new Front(QUICK, HotConnectionsTest::echo);
                Raw silent = front.client();
                Raw idle = front.client()) {
            assertThat(idle.send(GET).answer().status()).isEqualTo(200);
            assertThat(silent.ended()).isTrue();
            assertThat(idle.ended()).isTrue();
        }
    }

    @Test
    void aClientThatDoesNotReadIsGivenUp() throws Exception {
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        try (Front front = new Front(QUICK, x -> {
                    x.startStream(200, x.headers());
                    try {
                        for (int i = 0; i < 10_000; i++) {
                            x.write(ByteBuffer.allocateDirect(100_000));
                        }
                        failure.complete(new AssertionError("all was taken"));
                    } catch (IOException e) {
                        failure.complete(e);
                        throw e;
                    }
                });
                Raw client = front.client()) {
            client.send(GET);
            assertThat(failure.get()).isInstanceOf(ClientGone.class);
        }
    }

    @Test
    void anAbortedAnswerNeverLooksComplete() throws Exception {
        try (Front front = new Front(x -> {
            if (x.head().path().equals("/hot/length")) {
                x.startStream(200, x.headers(), 10);
            } else {
                x.startStream(200, x.headers());
            }
            x.write(ByteBuffer.wrap("abc".getBytes(StandardCharsets.UTF_8)));
            switch (x.head().query()) {
                case "abort" -> x.abort();
                case "throw" -> throw new IllegalStateException("on purpose");
                case "finish" -> x.finish();
                default -> {}
            }
        })) {
            for (String target : List.of(
                    "/hot/length?abort",
                    "/hot/length?throw",
                    "/hot/length?finish",
                    "/hot/length",
                    "/hot?abort",
                    "/hot?throw",
                    "/hot")) {
                try (Raw client = front.client()) {
                    client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
                    assertThatThrownBy(client::answer).as(target).isInstanceOf(IOException.class);
                }
            }
            try (Raw client = front.client()) {
                assertThat(client.send("GET /hot?finish HTTP/1.1\r\nHost: a\r\n\r\n")
                                .answer()
                                .body())
                        .isEqualTo("abc");
            }
        }
    }

    @Test
    void aHandlerThatFailsBeforeTheAnswerGivesAnError() throws Exception {
        try (Front front = new Front(x -> {
            switch (x.head().query()) {
                case "nothing" -> {}
                case "refuse" -> throw new RequestException(415, "no such thing");
                default -> throw new IllegalStateException("on purpose");
            }
        })) {
            for (String[] row : new String[][] {{"nothing", "500"}, {"refuse", "415"}, {"throw", "500"}}) {
                try (Raw client = front.client()) {
                    Raw.Answer a = client.send("GET /hot?" + row[0] + " HTTP/1.1\r\nHost: a\r\n\r\n")
                            .answer();
                    assertThat(a.status() + "").isEqualTo(row[1]);
                    assertThat(a.body()).startsWith(row[1]).doesNotContain("on purpose");
                    assertThat(client.ended()).isTrue();
                }
            }
        }
    }

    @Test
    void continueIsOnlySentWhenTheBodyIsWanted() throws Exception {
        try (Front front = new Front(x -> {
                    if (x.head().path().equals("/hot/no")) {
                        x.respond(401, x.headers(), "no".getBytes(StandardCharsets.UTF_8));
                        return;
                    }
                    HotConnectionsTest.echo(x);
                });
                Raw yes = front.client();
                Raw no = front.client()) {
            String rest = " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
            assertThat(yes.send("POST /hot" + rest).answer().status()).isEqualTo(100);
            assertThat(yes.send("abc").answer().body()).isEqualTo("abc");
            assertThat(yes.send(GET).answer().status()).isEqualTo(200);
            Raw.Answer answer = no.send("POST /hot/no" + rest).answer();
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.closes()).isTrue();
            assertThat(no.ended()).isTrue();
        }
    }

    @Test
    void anAnswerBeforeTheBodyWasReadClosesUnlessTheBodyIsHere() throws Exception {
        try (Front front = new Front(x -> x.respond(401, x.headers(), "no".getBytes(StandardCharsets.UTF_8)));
                Raw here = front.client();
                Raw large = front.client()) {
            for (int i = 0; i < 3; i++) {
                assertThat(here.send(HotConnectionsTest.post("/hot", "abc"))
                                .answer()
                                .closes())
                        .isFalse();
            }
            large.send("POST /hot HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n");
            large.send(new byte[2_000_000]);
            Raw.Answer answer = large.answer();
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.closes()).isTrue();
        }
    }

    @Test
    void headAndStatusWithoutBodySendNone() throws Exception {
        try (Front front = new Front(x -> {
                    switch (x.head().query()) {
                        case "204" -> x.respond(204, x.headers(), new byte[3]);
                        case "stream" -> {
                            x.startStream(200, x.headers());
                            x.write(ByteBuffer.wrap(new byte[3]));
                            x.finish();
                        }
                        default -> x.respond(200, x.headers(), new byte[3]);
                    }
                });
                Raw client = front.client()) {
            assertThat(client.send("GET /hot?204 HTTP/1.1\r\nHost: a\r\n\r\n").head())
                    .doesNotContain("content-length");
            assertThat(client.send("HEAD /hot HTTP/1.1\r\nHost: a\r\n\r\n").head())
                    .contains("content-length: 3");
            assertThat(client.send("HEAD /hot?stream HTTP/1.1\r\nHost: a\r\n\r\n")
                            .head())
                    .contains("chunked");
            assertThat(client.send(GET).answer().body()).hasSize(3);
        }
    }

    @Test
    void aBodyBeyondItsLimitOrTheBudgetIsRefusedAndNothingStaysCharged() throws Exception {
        ByteBudget budget = new ByteBudget(100_000);
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (Front front = new Front(IMPATIENT, x -> {
                    x.readBody(80_000, budget);
                    if (x.head().path().equals("/hot/hold")) {
                        held.countDown();
                        go.await();
                    }
                    x.respond(200, x.headers(), new byte[0]);
                });
                Raw holder = front.client()) {
            String chunk = "10000\r\n" + "x".repeat(65536) + "\r\n";
            for (String body :
                    List.of("Content-Length: 80001\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk)) {
                try (Raw client = front.client()) {
                    client.send("POST /hot HTTP/1.1\r\nHost: a\r\n" + body);
                    assertThat(client.answer().status()).isEqualTo(413);
                }
            }
            assertThat(budget.used()).isZero();
            holder.send(HotConnectionsTest.post("/hot/hold", "x".repeat(70_000)));
            held.await();
            assertThat(budget.used()).isEqualTo(70_000);
            try (Raw client = front.client()) {
                client.send(HotConnectionsTest.post("/hot", "x".repeat(40_000)));
                assertThat(client.answer().status()).isEqualTo(503);
            }
            go.countDown();
            assertThat(holder.answer().status()).isEqualTo(200);
            assertThat(holder.send(HotConnectionsTest.post("/hot", "x".repeat(40_000)))
                            .answer()
                            .status())
                    .isEqualTo(200);
            holder.send(GET).answer();
            assertThat(budget.used()).isZero();
        }
    }

    @Test
    void theHeadStaysReadableWhenTheBodyIsGivenBack() throws Exception {
        try (Front front = new Front(x -> {
                    ByteBuffer body = x.readBody(1 << 20, HotConnectionsTest.BUDGET);
                    int n = body.remaining();
                    x.releaseBody();
                    assertThat(HotConnectionsTest.BUDGET.used()).isZero();
                    x.respond(
                            200,
                            x.headers(),
                            (x.head().header("x-name").orElseThrow() + n).getBytes(StandardCharsets.UTF_8));
                });
                Raw client = front.client()) {
            String request = "POST /hot HTTP/1.1\r\nHost: a\r\nx-name: n\r\nContent-Length: 100000\r\n\r\n"
                    + "b".repeat(100_000);
            client.send(request + request);
            assertThat(client.answer().body()).isEqualTo("n100000");
            assertThat(client.answer().body()).isEqualTo("n100000");
        }
    }

    @Test
    void drainServesOnWhatIsOpenAndEndsConnectionsWithTheirRequest() throws Exception {
        CountDownLatch in = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (Front front = new Front(x -> {
                    if (x.head().path().equals("/hot/slow")) {
                        in.countDown();
                        go.await();
                    }
                    x.respond(200, x.headers(), "done".getBytes(StandardCharsets.UTF_8));
                });
                Raw idle = front.client();
                Raw kept = front.client();
                Raw busy = front.client()) {
            idle.send(GET).answer();
            kept.send(GET).answer();
            busy.send("GET /hot/slow HTTP/1.1\r\nHost: a\r\n\r\n");
            in.await();
            front.connections.drain();
            Raw.Answer onKept = kept.send(GET).answer();
            assertThat(onKept.status())
                    .as("what is sent on an open connection meanwhile")
                    .isEqualTo(200);
            assertThat(onKept.closes()).isTrue();
            assertThat(kept.ended()).isTrue();
            front.connections.closeIdle(Duration.ZERO);
            assertThat(idle.ended()).isTrue();
            go.countDown();
            Raw.Answer answer = busy.answer();
            assertThat(answer.body()).isEqualTo("done");
            assertThat(answer.closes()).isTrue();
            assertThat(busy.ended()).isTrue();
            try (Raw late = front.client()) {
                assertThat(late.send(GET).answer().closes()).isTrue();
            }
        }
    }

    @Test
    void aStreamThatHadBegunBeforeTheDrainLeavesItsConnectionOpenForOneMore() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (Front front = new Front(x -> {
                    if (x.head().path().equals("/hot/stream")) {
                        x.startStream(200, x.headers());
                        x.write(ByteBuffer.wrap("a".getBytes(StandardCharsets.UTF_8)));
                        x.flush();
                        begun.countDown();
                        go.await();
                        x.finish();
                    } else {
                        x.respond(200, x.headers(), "done".getBytes(StandardCharsets.UTF_8));
                    }
                });
                Raw client = front.client()) {
            client.send("GET /hot/stream HTTP/1.1\r\nHost: a\r\n\r\n");
            begun.await();
            front.connections.drain();
            go.countDown();
            assertThat(client.answer().closes()).as("its head was sent before").isFalse();
            Raw.Answer next = client.send(GET).answer();
            assertThat(next.body()).isEqualTo("done");
            assertThat(next.closes()).isTrue();
            assertThat(client.ended()).isTrue();
        }
    }

    @Test
    void aConnectionThatIsNewOrWasLeftOpenIsNotClosedInTheMomentInWhichItsClientSends() throws Exception {
        Duration linger = Duration.ofHours(1);
        try (Front front = new Front(x ->
                        x.respond(200, x.headers(), (x.late() ? "late" : "in time").getBytes(StandardCharsets.UTF_8)));
                Raw fresh = front.client();
                Raw client = front.client()) {
            client.send(GET).answer();
            while (front.connections.connections() < 2) {
                Thread.onSpinWait();
            }
            front.connections.drain();
            assertThat(front.connections.closeIdle(linger)).isTrue();
            for (Raw each : List.of(client, fresh)) {
                Raw.Answer next = each.send(GET).answer();
                assertThat(next.body()).isEqualTo("in time");
                assertThat(next.closes()).isTrue();
                assertThat(each.ended()).isTrue();
                each.close();
            }
            try (Raw late = front.client()) {
                assertThat(late.send(GET).answer().body()).isEqualTo("late");
            }
            while (front.connections.closeIdle(linger)) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void stoppingTheServerEndsAHandlerThatWaits() throws Exception {
        CountDownLatch in = new CountDownLatch(1);
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        try (Front front = new Front(x -> {
            in.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                ended.complete(true);
                throw e;
            }
        })) {
            Raw client = front.client();
            client.send(GET);
            in.await();
        }
        assertThat(ended.get(5, TimeUnit.SECONDS)).isTrue();
    }
}
