package dev.sluice.simulator.zmq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.simulator.SimulatorOptions;
import dev.sluice.simulator.SimulatorServer;
import dev.sluice.simulator.events.EventOptions;
import dev.sluice.simulator.events.EventStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** A stand-in's events over real sockets. */
class ZmqPublisherTest {
    private static final HexFormat HEX = HexFormat.of();
    private final ZContext context = new ZContext();
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<SimulatorServer> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        servers.forEach(SimulatorServer::close);
        context.close();
        http.close();
    }

    private SimulatorServer start(EventOptions events) {
        var server = SimulatorServer.start(SimulatorOptions.builder()
                .model("tiny")
                .timeScale(0.05)
                .events(events)
                .build());
        servers.add(server);
        return server;
    }

    private static EventOptions events() {
        return EventOptions.onFreePorts().withTopic("kv@127.0.0.1:1@tiny");
    }

    private ZMQ.Socket subscribed(SimulatorServer server) throws IOException, InterruptedException {
        var socket = context.createSocket(SocketType.SUB);
        socket.setHandshakeIvl(200);
        socket.subscribe("");
        socket.setReceiveTimeOut(5000);
        socket.connect(local(server.options().events().endpoint()));
        // A subscription takes effect some time after the connection; the first message that comes says that it has.
        var heard = false;
        for (var tries = 0; !heard; tries++) {
            assertThat(tries).isLessThan(100);
            ask(server, "hello " + tries);
            heard = heard(socket, 50);
        }
        while (heard(socket, 50)) {
            // What was said before the test begins.
        }
        socket.setReceiveTimeOut(5000);
        return socket;
    }

    private static boolean heard(ZMQ.Socket socket, int millis) {
        socket.setReceiveTimeOut(millis);
        var there = socket.recv() != null;
        while (there && socket.hasReceiveMore()) {
            socket.recv();
        }
        return there;
    }

    private static String local(String endpoint) {
        return endpoint.replace("*", "127.0.0.1");
    }

    private void ask(SimulatorServer server, String text) throws IOException, InterruptedException {
        var body = "{\"prompt\":\"" + (text + " and the sea ").repeat(10) + "\",\"max_tokens\":1}";
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/v1/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        assertThat(http.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    }

    private static List<byte[]> message(ZMQ.Socket socket) {
        var frames = new ArrayList<byte[]>();
        var first = socket.recv();
        assertThat(first).as("a message within five seconds").isNotNull();
        frames.add(first);
        while (socket.hasReceiveMore()) {
            frames.add(socket.recv());
        }
        return frames;
    }

    /** What a DEALER gets that asks for everything from a number on, without the empty delimiter. */
    private List<List<byte[]>> replayed(SimulatorServer server, long from) {
        try (var dealer = context.createSocket(SocketType.DEALER)) {
            dealer.setReceiveTimeOut(5000);
            dealer.setHandshakeIvl(200);
            dealer.connect(local(server.options().events().replayEndpoint()));
            dealer.send(new byte[0], ZMQ.SNDMORE);
            dealer.send(ByteBuffer.allocate(8).putLong(from).array());
            var all = new ArrayList<List<byte[]>>();
            do {
                var frames = message(dealer);
                assertThat(frames.getFirst()).isEmpty();
                all.add(frames.subList(1, frames.size()));
            } while (!HEX.formatHex(all.getLast().get(all.getLast().size() - 2)).equals("ffffffffffffffff"));
            return all;
        }
    }

    @Test
    void eachStepThatFilledBlocksIsAMessageOfThreeFrames() throws Exception {
        var server = start(events());
        var socket = subscribed(server);
        var next = server.events().map(EventStream::next).orElseThrow();
        ask(server, "something else");
        var frames = message(socket);
        assertThat(frames).hasSize(3);
        assertThat(new String(frames.get(0), StandardCharsets.UTF_8)).isEqualTo("kv@127.0.0.1:1@tiny");
        assertThat(ByteBuffer.wrap(frames.get(1)).getLong()).isEqualTo(next);
        assertThat(new String(frames.get(2), StandardCharsets.ISO_8859_1)).contains("BlockStored", "GPU");
    }

    @Test
    void aDroppedMessageIsAGapThatReplayFills() throws Exception {
        var server = start(events());
        var socket = subscribed(server);
        var next = server.events().map(EventStream::next).orElseThrow();
        server.events().orElseThrow().drop(1);
        ask(server, "dropped");
        ask(server, "seen");
        assertThat(ByteBuffer.wrap(message(socket).get(1)).getLong()).isEqualTo(next + 1);
        var replayed = replayed(server, next);
        assertThat(replayed).hasSize(3);
        // Topic, number and batch as in a capture of a real server; the end has neither topic nor batch.
        assertThat(replayed.getFirst()).hasSize(3);
        assertThat(ByteBuffer.wrap(replayed.getFirst().get(1)).getLong()).isEqualTo(next);
        assertThat(replayed.getLast().stream().map(HEX::formatHex).toList())
                .containsExactly("", "ffffffffffffffff", "");
        assertThat(replayed(server, 1_000_000)).hasSize(1);
    }

    @Test
    void olderVersionsReplayWithoutTheTopic() throws Exception {
        var server = start(events().inOldForms());
        subscribed(server);
        var replayed = replayed(server, 0);
        assertThat(replayed.getFirst()).hasSize(2);
        assertThat(replayed.getLast().stream().map(HEX::formatHex).toList()).containsExactly("ffffffffffffffff", "");
    }

    @Test
    void nonsenseAtTheReplaySocketIsIgnored() throws Exception {
        var server = start(events());
        subscribed(server);
        try (var dealer = context.createSocket(SocketType.DEALER)) {
            dealer.connect(local(server.options().events().replayEndpoint()));
            dealer.send("nonsense");
            dealer.send(new byte[0], ZMQ.SNDMORE);
            dealer.send(new byte[3]);
        }
        assertThat(replayed(server, 0)).hasSizeGreaterThan(1);
    }

    @Test
    void afterARestartThePortsAreTheSameAndNumbersBeginAtZero() throws Exception {
        var server = start(events());
        subscribed(server);
        var before = server.options().events();
        server.stop();
        server.restart();
        assertThat(server.options().events()).isEqualTo(before);
        assertThat(replayed(server, 0)).hasSize(1);
        ask(server, "again");
        assertThat(ByteBuffer.wrap(replayed(server, 0).getFirst().get(1)).getLong())
                .isZero();
    }

    @Test
    void theRankIsAddedToThePorts() {
        var port =
                Integer.parseInt(start(events()).options().events().endpoint().replaceAll(".*:", ""));
        var options = EventOptions.none().at("tcp://*:" + (port - 1), "").withRank(1);
        assertThatThrownBy(() -> start(options)).hasMessageContaining("tcp://*:" + port);
    }
}
