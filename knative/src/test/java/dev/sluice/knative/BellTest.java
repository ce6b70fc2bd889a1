package dev.sluice.knative;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.core.discovery.EndpointSource.Rang;
import dev.sluice.core.discovery.Picture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rings at the door of a stand-in for an activator. */
@Timeout(30)
class BellTest {
    private final Bell bell = new Bell();
    private final AtomicReference<String> asked = new AtomicReference<>("");
    private volatile int status = 200;
    private final CountDownLatch held = new CountDownLatch(1);
    private volatile boolean holds;
    private HttpServer activator;

    @BeforeEach
    void start() throws IOException {
        activator = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        activator.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        activator.createContext("/", exchange -> {
            asked.set(exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Knative-Serving-Revision") + " "
                    + exchange.getRequestHeaders().getFirst("Knative-Serving-Namespace"));
            if (holds) {
                try {
                    held.await();
                } catch (InterruptedException ended) {
                    Thread.currentThread().interrupt();
                }
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        activator.start();
    }

    @AfterEach
    void stop() {
        held.countDown();
        bell.close();
        activator.stop(0);
    }

    private Rang ring(Duration most, String... before) throws InterruptedException {
        List<String> doors = new java.util.ArrayList<>(List.of(before));
        doors.add("127.0.0.1:" + activator.getAddress().getPort());
        return bell.ring(new Picture.Revision("chat-1", "ns", "chat", OptionalInt.empty(), doors, ""), most);
    }

    @Test
    void theActivatorIsToldWhichRevision() throws Exception {
        assertThat(ring(Duration.ofSeconds(5))).isEqualTo(Rang.ANSWERED);
        assertThat(asked.get()).isEqualTo("/health chat-1 ns");
    }

    @Test
    void eachAnswerHasItsMeaning() throws Exception {
        status = 404;
        assertThat(ring(Duration.ofSeconds(5))).isEqualTo(Rang.GONE);
        status = 503;
        assertThat(ring(Duration.ofSeconds(5))).isEqualTo(Rang.REFUSED);
        status = 504;
        assertThat(ring(Duration.ofSeconds(5))).isEqualTo(Rang.NOT_YET);
        status = 500;
        assertThat(ring(Duration.ofSeconds(5))).isEqualTo(Rang.FAILED);
    }

    @Test
    void aDoorThatIsShutIsPassedAndAStartThatLastsIsNotOverYet() throws Exception {
        String shut;
        try (ServerSocket socket = new ServerSocket(0)) {
            shut = "127.0.0.1:" + socket.getLocalPort();
        }
        assertThat(ring(Duration.ofSeconds(5), shut)).isEqualTo(Rang.ANSWERED);
        holds = true;
        assertThat(ring(Duration.ofMillis(200))).isEqualTo(Rang.NOT_YET);
    }
}
