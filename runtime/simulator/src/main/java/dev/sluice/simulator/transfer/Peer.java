package dev.sluice.simulator.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The reader's end of a side channel: one connection, a question at a time. */
final class Peer implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    private final Socket socket;
    private final BufferedReader in;

    /** Connects; {@link IOException} when nobody listens there. */
    Peer(String host, int port, int timeoutMillis) throws IOException {
        socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(host, port), timeoutMillis);
            in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        } catch (IOException | IllegalArgumentException e) {
            socket.close();
            throw new IOException(host + ":" + port + ": " + e.getMessage(), e);
        }
    }

    static ObjectNode question(String op) {
        return JSON.createObjectNode().put("op", op);
    }

    /** Asks and waits for the answer; {@link IOException} when the other side is gone or has an error to tell. */
    JsonNode ask(ObjectNode question) throws IOException {
        socket.getOutputStream().write((question + "\n").getBytes(StandardCharsets.UTF_8));
        var line = in.readLine();
        if (line == null) {
            throw new IOException("the peer is gone");
        }
        var answer = JSON.readTree(line);
        if (answer.has("error")) {
            throw new IOException(answer.path("error").asText());
        }
        return answer;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // It was of no use any more.
        }
    }
}
