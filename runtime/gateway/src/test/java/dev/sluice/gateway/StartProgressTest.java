package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.discovery.EndpointSource;
import dev.sluice.core.discovery.EngineFacts;
import dev.sluice.core.discovery.Picture;
import dev.sluice.core.discovery.Standing;
import dev.sluice.core.discovery.Wanted;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that wait for a pool to start are told so, where that is asked for. */
@Timeout(60)
class StartProgressTest {
    private static final String EVENTS = """
            data: {"id":"c","choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}

            data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: [DONE]

            """;

    @TempDir
    Path dir;

    /** A pool at zero, until a test says otherwise. */
    private static final class Asleep implements EndpointSource {
        private final CompletableFuture<Consumer<Picture>> watching = new CompletableFuture<>();
        private final CountDownLatch ended = new CountDownLatch(1);

        @Override
        public Watching watch(Wanted wanted, Consumer<Picture> news) {
            watching.complete(news);
            return () -> {};
        }

        void tell(Picture.Found... found) {
            watching.join()
                    .accept(new Picture(
                            true,
                            List.of(found),
                            List.of(new Picture.Revision(
                                    "chat-1", "ns", "chat", OptionalInt.of(100), List.of("door"), "")),
                            List.of()));
        }

        @Override
        public Rang ring(Picture.Revision revision, Duration most) throws InterruptedException {
            ended.await();
            return Rang.NOT_YET;
        }

        @Override
        public List<String> missing(Wanted wanted) {
            return List.of();
        }

        @Override
        public void close() {
            ended.countDown();
        }
    }

    private GatewayFixture gateway(Asleep source, String more) throws IOException {
        GatewayFixture gateway =
                GatewayFixture.searching(Files.writeString(dir.resolve("gateway.yaml"), """
                        server: {host: 127.0.0.1, port: 0, admin: {port: 0}, drain: {notReadyFor: 0s, streams: 5s}}
                        pools:
                          - name: chat
                            models: [base]
                            discovery: {knative: {namespace: ns, selector: app=chat}}
                        """ + more.indent(4)), source);
        source.tell();
        return gateway;
    }

    private static Picture.Found found(ScriptedEngine engine) {
        String address = "127.0.0.1:" + engine.port();
        return new Picture.Found(
                new Endpoint("a", address, Role.BOTH, Map.of()),
                address,
                Standing.IN,
                "ready",
                "chat-1",
                OptionalInt.empty(),
                EngineFacts.NONE);
    }

    /** A client that reads lines. */
    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader in;
        private final StringBuilder all = new StringBuilder();

        Client(GatewayFixture gateway) throws IOException {
            socket = gateway.raw(GatewayFixture.chatBytes(chat(true)));
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        }

        /** Until a line that contains this; all that has come. */
        String until(String text) throws IOException {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                all.append(line).append('\n');
                if (line.contains(text)) {
                    return all.toString();
                }
            }
            throw new AssertionError(text + " did not come in " + all);
        }

        /** Everything, until the other side closes. */
        String rest() throws IOException {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                all.append(line).append('\n');
            }
            return all.toString();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static ScriptedEngine streaming() throws IOException {
        return new ScriptedEngine("base").does((q, out) -> {
            out.write(("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                            + Integer.toHexString(EVENTS.length()) + "\r\n" + EVENTS + "\r\n0\r\n\r\n")
                    .getBytes(StandardCharsets.UTF_8));
            out.flush();
            return true;
        });
    }

    @Test
    void commentsComeUntilThePoolIsUpAndThenTheStreamAsEver() throws Exception {
        Asleep source = new Asleep();
        try (ScriptedEngine engine = streaming();
                GatewayFixture gateway = gateway(source, "progress: 100ms\n");
                Client client = new Client(gateway)) {
            client.until(": starting");
            String begun = client.until(": starting");
            assertThat(begun)
                    .startsWith("HTTP/1.1 200")
                    .contains("text/event-stream")
                    .doesNotContain("data:");
            source.tell(found(engine));
            String all = client.until("[DONE]");
            assertThat(all.indexOf("HTTP/1.1")).isEqualTo(all.lastIndexOf("HTTP/1.1"));
            assertThat(all).contains("\"hi\"").doesNotContain("error");
        }
    }

    @Test
    void whatGoesWrongAfterwardsIsAnErrorEventAndNoMarker() throws Exception {
        Asleep source = new Asleep();
        try (GatewayFixture gateway = gateway(source, "progress: 100ms\ntimeouts: {firstByte: 700ms}\n");
                Client client = new Client(gateway)) {
            client.until(": starting");
            String all = client.rest();
            assertThat(all)
                    .contains("data: {\"error\"")
                    .contains("\"starting\"")
                    .doesNotContain("[DONE]")
                    .doesNotEndWith("0\n\n");
            assertThat(gateway.admin("/metrics").body())
                    .contains("reason=\"starting\",route=\"/v1/chat/completions\",status=\"200\"");
        }
    }

    @Test
    void anEnginesRefusalAfterwardsIsAnErrorEventToo() throws Exception {
        Asleep source = new Asleep();
        try (ScriptedEngine engine = new ScriptedEngine("base")
                        .does((q, out) -> whole(out, 400, "{\"error\":{\"message\":\"no\"}}"));
                GatewayFixture gateway = gateway(source, "progress: 100ms\n");
                Client client = new Client(gateway)) {
            client.until(": starting");
            source.tell(found(engine));
            assertThat(client.rest())
                    .contains("data: {\"error\"")
                    .contains("status 400")
                    .doesNotContain("[DONE]");
        }
    }

    @Test
    void whoDoesNotStreamOrWasNotAskedForItKeepsTheStatus() throws Exception {
        Asleep source = new Asleep();
        try (GatewayFixture gateway = gateway(source, "progress: 100ms\ntimeouts: {firstByte: 400ms}\n")) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(false));
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("\"starting\"").doesNotContain(": starting");
        }
        Asleep other = new Asleep();
        try (GatewayFixture gateway = gateway(other, "timeouts: {firstByte: 400ms}\n")) {
            assertThat(gateway.post(CHAT, chat(true)).statusCode()).isEqualTo(503);
        }
    }
}
