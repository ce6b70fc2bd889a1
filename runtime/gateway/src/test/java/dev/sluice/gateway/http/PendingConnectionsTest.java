package dev.sluice.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections before their first request; also what a new Helidon has to keep for them to cost no threads. */
@Timeout(60)
class PendingConnectionsTest {
    private static final int MANY = 100;
    private static final String REQUEST = HotConnectionsTest.post("/hot", "a");

    private static HttpLimits within(Duration headTime) {
        HttpLimits d = HttpLimits.DEFAULT;
        return new HttpLimits(
                d.headBytes(),
                d.headerCount(),
                headTime,
                d.bodyIdle(),
                d.bodyBytesPerSecond(),
                d.keepAlive(),
                d.writeStall(),
                d.budgetWait());
    }

    /** One that has served its first connection, which shows it its listener. */
    private static Front begun(HttpLimits limits, int mostConnections) throws IOException {
        Front front = new Front(limits, HotConnectionsTest::echo, b -> b.maxTcpConnections(mostConnections));
        try (Raw first = front.client()) {
            assertThat(first.send(REQUEST).answer().status()).isEqualTo(200);
        }
        until(() -> front.connections.connections() == 0);
        return front;
    }

    private static Front begun(HttpLimits limits) throws IOException {
        return begun(limits, -1);
    }

    private static List<Raw> open(Front front, int count) throws IOException {
        List<Raw> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(front.client());
        }
        return clients;
    }

    private static void close(List<Raw> clients) throws IOException {
        for (Raw client : clients) {
            client.close();
        }
    }

    private static void until(BooleanSupplier so) {
        while (!so.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void oneThatSendsNothingWaitsWithoutAThread() throws Exception {
        try (Front front = begun(HttpLimits.DEFAULT)) {
            List<Raw> clients = open(front, MANY);
            until(() -> front.connections.waiting() == MANY);
            assertThat(front.connections.connections()).isEqualTo(MANY);

            assertThat(clients.getFirst().send(REQUEST).answer().body()).isEqualTo("a");

            assertThat(front.connections.waiting()).isEqualTo(MANY - 1);
            assertThat(front.connections.connections()).isEqualTo(MANY);
            assertThat(clients.getFirst().send(REQUEST).answer().body()).isEqualTo("a");
            close(clients);
            until(() -> front.connections.connections() == 0);
        }
    }

    @Test
    void aHeadByteByByteIsCollectedByTheLoop() throws Exception {
        try (Front front = begun(HttpLimits.DEFAULT);
                Raw client = front.client()) {
            String head = "\r\n" + REQUEST.substring(0, REQUEST.indexOf("\r\n\r\n") + 3);
            for (int i = 0; i < head.length(); i++) {
                client.send(head.substring(i, i + 1));
            }
            until(() -> front.connections.waiting() == 1);
            client.send("\na");
            assertThat(client.answer().body()).isEqualTo("a");
            assertThat(front.connections.waiting()).isZero();
            assertThat(client.send("GET /cold HTTP/1.1\r\nHost: a\r\n\r\n")
                            .answer()
                            .body())
                    .isEqualTo("cold");
        }
    }

    @Test
    void whatIsNoHeadAndWhatIsTooLongIsRefused() throws Exception {
        try (Front front = begun(HttpLimits.DEFAULT)) {
            try (Raw client = front.client()) {
                until(() -> front.connections.waiting() == 1);
                client.send("GET /hot HTTP/1.1\nHost: a\n\n");
                assertThat(client.answer().status()).isEqualTo(400);
                assertThat(client.ended()).isTrue();
            }
            try (Raw client = front.client()) {
                until(() -> front.connections.waiting() == 1);
                client.send("GET /hot HTTP/1.1\r\nx: " + "y".repeat(40_000));
                assertThat(client.answer().status()).isEqualTo(431);
            }
        }
    }

    @Test
    void aLargeHeadAndALargeBodyComeWhole() throws Exception {
        try (Front front = begun(HttpLimits.DEFAULT)) {
            String body = "b".repeat(200_000);
            for (int i = 0; i < 20; i++) {
                try (Raw client = front.client()) {
                    until(() -> front.connections.waiting() == 1);
                    client.send("POST /hot HTTP/1.1\r\nHost: a\r\nx: " + "y".repeat(20_000) + "\r\nContent-Length: "
                            + body.length() + "\r\n\r\n" + body);
                    assertThat(client.answer().body()).isEqualTo(body);
                }
                until(() -> front.connections.connections() == 0);
            }
        }
    }

    @Test
    void itsTimeIsLimited() throws Exception {
        try (Front front = begun(within(Duration.ofMillis(300)));
                Raw silent = front.client();
                Raw slow = front.client()) {
            slow.send("POST /hot HTTP/1.1\r\nHo");
            assertThat(silent.ended()).isTrue();
            assertThat(slow.answer().status()).isEqualTo(408);
            assertThat(slow.ended()).isTrue();
            until(() -> front.connections.connections() == 0);
        }
    }

    /** More than a loop looks at in one go. */
    @Test
    void manyThatAreOverTogetherAreAllThrownOut() throws Exception {
        try (Front front = begun(within(Duration.ofMillis(300)))) {
            List<Raw> silent = open(front, 700);
            List<Raw> slow = open(front, 700);
            for (Raw each : slow) {
                each.send("P");
            }
            for (Raw each : silent) {
                assertThat(each.ended()).isTrue();
            }
            for (Raw each : slow) {
                assertThat(each.answer().status()).isEqualTo(408);
            }
            close(silent);
            close(slow);
            until(() -> front.connections.connections() == 0);
        }
    }

    @Test
    void oneThatEndsMakesRoomForAnother() throws Exception {
        int most = 4;
        try (Front front = begun(within(Duration.ofMillis(300)), most)) {
            for (int round = 0; round < 5; round++) {
                List<Raw> silent = open(front, most - 1);
                Raw slow = front.client().send("PO");
                List<Raw> leaving = open(front, most); // beyond the limit: they wait
                close(leaving);
                try (Raw good = front.client()) {
                    assertThat(good.send(REQUEST).answer().body()).isEqualTo("a");
                }
                for (Raw each : silent) {
                    assertThat(each.ended()).isTrue();
                }
                assertThat(slow.answer().status()).isEqualTo(408);
                close(silent);
                slow.close();
            }
            until(() -> front.connections.connections() == 0);
        }
    }

    @Test
    void aDrainClosesIt() throws Exception {
        try (Front front = begun(HttpLimits.DEFAULT);
                Raw silent = front.client();
                Raw slow = front.client()) {
            slow.send("POST /hot HTTP/1.1\r\n");
            until(() -> front.connections.waiting() == 2);
            front.connections.drain();
            assertThat(front.connections.closeIdle(Duration.ofMinutes(1)))
                    .as("both have just been opened")
                    .isTrue();
            front.connections.closeIdle(Duration.ZERO);
            assertThat(silent.ended()).isTrue();
            slow.send("Host: a\r\nContent-Length: 1\r\n\r\na");
            Raw.Answer answer = slow.answer();
            assertThat(answer.body()).isEqualTo("a");
            assertThat(answer.closes()).isTrue();
            until(() -> !front.connections.closeIdle(Duration.ZERO));
        }
    }

    @Test
    void theListenersEndIsItsEnd() throws Exception {
        Front front = begun(HttpLimits.DEFAULT);
        List<Raw> clients = open(front, MANY);
        until(() -> front.connections.waiting() == MANY);
        front.close();
        for (Raw client : clients) {
            assertThat(client.ended()).isTrue();
        }
        assertThat(front.connections.connections()).isZero();
    }
}
