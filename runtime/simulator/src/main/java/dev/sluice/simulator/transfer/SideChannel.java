package dev.sluice.simulator.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The holder's end of the side channel: others ask here who this is, wait for blocks, read them, and say that they may go. A
 * virtual thread serves each connection, a line of JSON at a time.
 */
final class SideChannel implements AutoCloseable {
    private final KvEngine engine;
    private final String engineId;
    private final TransferStats stats;
    private final Wire wire;
    private final ServerSocket listener;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Thread acceptor;
    private final Object news = new Object();
    private int version;

    SideChannel(String host, int port, String engineId, KvEngine engine, TransferStats stats, Wire wire)
            throws IOException {
        this.engine = engine;
        this.engineId = engineId;
        this.stats = stats;
        this.wire = wire;
        listener = new ServerSocket();
        try {
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(InetAddress.getByName(host), port), 1024);
        } catch (IOException e) {
            listener.close();
            throw new IOException("side channel port " + port + ": " + e.getMessage(), e);
        }
        acceptor = Thread.ofVirtual().name("side-channel").start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Something is pinned that somebody may wait for. */
    void kept() {
        synchronized (news) {
            version++;
            news.notifyAll();
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                var socket = listener.accept();
                open.add(socket);
                Thread.ofVirtual().name("side-channel-peer").start(() -> serve(socket));
            } catch (IOException e) {
                // Closed, or the peer was gone before it was accepted.
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            var out = socket.getOutputStream();
            for (var line = in.readLine(); line != null; line = in.readLine()) {
                var answer = answer(Peer.JSON.readTree(line)).toString() + "\n";
                out.write(answer.getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        } catch (IOException e) {
            // The peer is gone, or does not speak this.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(socket);
        }
    }

    private ObjectNode answer(JsonNode asked) throws InterruptedException {
        var answer = Peer.JSON.createObjectNode();
        var key = asked.path("key").asText("");
        return switch (asked.path("op").asText("")) {
            case "hello" -> answer.put("engine_id", engineId);
            case "meet" -> meet(answer, key, asked.path("seconds").asDouble());
            case "prefix" -> answer.put("cached", engine.cached(hashes(asked)));
            case "read" -> read(answer, asked);
            case "renew" ->
                answer.put("held", engine.renew(key, asked.path("nanos").asLong()));
            case "release" -> release(answer, key);
            default -> answer.put("error", "unknown op");
        };
    }

    private ObjectNode meet(ObjectNode answer, String key, double seconds) throws InterruptedException {
        var deadline = System.nanoTime() + (long) (seconds * 1e9);
        while (true) {
            var seen = version();
            // Not under the monitor: the engine tells its news while it holds its own lock.
            var pin = engine.pin(key);
            if (pin.isPresent()) {
                var blocks = answer.putArray("blocks");
                pin.get().blocks().forEach(blocks::add);
                return answer;
            }
            if (!awaitNews(seen, deadline)) {
                return answer.put("error", "nothing is kept as " + key);
            }
        }
    }

    private int version() {
        synchronized (news) {
            return version;
        }
    }

    /** False when there is none until then, or the channel is closed. */
    private boolean awaitNews(int seen, long deadline) throws InterruptedException {
        synchronized (news) {
            while (version == seen) {
                var left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0 || listener.isClosed()) {
                    return false;
                }
                news.wait(left);
            }
            return true;
        }
    }

    private ObjectNode read(ObjectNode answer, JsonNode asked) throws InterruptedException {
        wire.take(asked.path("nanos").asLong());
        var hashes = hashes(asked);
        var blocks = new ArrayList<Integer>();
        asked.path("blocks").forEach(block -> blocks.add(block.asInt()));
        var intact = blocks.isEmpty() ? engine.cached(hashes) == hashes.length : engine.holds(blocks, hashes);
        return answer.put("intact", intact);
    }

    private ObjectNode release(ObjectNode answer, String key) {
        if (stats.losesReleases()) {
            stats.lost();
            return answer.put("held", true);
        }
        var held = engine.release(key);
        if (!held) {
            stats.late();
        }
        return answer.put("held", held);
    }

    private static long[] hashes(JsonNode asked) {
        var hashes = new long[asked.path("hashes").size()];
        for (var i = 0; i < hashes.length; i++) {
            hashes[i] = asked.path("hashes").path(i).asLong();
        }
        return hashes;
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (var socket : open) {
                socket.close();
            }
            // The port is free only when the thread that waits in accept has let go of it.
            acceptor.join();
        } catch (IOException e) {
            // Nothing of it is needed any more.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        kept();
    }
}
