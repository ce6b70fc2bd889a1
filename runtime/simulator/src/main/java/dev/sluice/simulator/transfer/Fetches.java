package dev.sluice.simulator.transfer;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * The reader's side: fetches what its engine's sequences wait for. Each fetch is straight-line code on a virtual thread: reach
 * the other side, shake hands when the pair has never talked, wait for the blocks when both legs went out at once, read, say that
 * they may go. A heartbeat keeps the other side's lease alive for as long as a request queues here.
 */
final class Fetches {
    /** How soon a side that was reached before and is gone is known to be gone. */
    private static final long GONE_NANOS = 20_000_000L;

    private final KvEngine engine;
    private final TransferOptions options;
    private final TransferStats stats;
    private final Wire wire;
    private final double timeScale;
    private final int blockSize;
    private final long blockBytes;
    private final Map<Long, Fetch> fetches = new ConcurrentHashMap<>();
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    Fetches(
            KvEngine engine,
            TransferOptions options,
            TransferStats stats,
            Wire wire,
            double timeScale,
            int blockSize,
            long blockBytes) {
        this.engine = engine;
        this.options = options;
        this.stats = stats;
        this.wire = wire;
        this.timeScale = timeScale;
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
    }

    /** A request is in the queue whose KV is elsewhere. */
    void expect(long id, Source source) {
        var fetch = new Fetch(source);
        fetches.put(id, fetch);
        if (!source.meets()) {
            Thread.ofVirtual().name("heartbeat").start(() -> heartbeat(fetch));
        }
    }

    /** The engine has blocks for it. */
    void begin(long id, int from, int tokens, long[] hashes) {
        var fetch = fetches.get(id);
        if (fetch != null) {
            fetch.begin();
            Thread.ofVirtual().name("fetch").start(() -> run(id, fetch, from, tokens, hashes));
        }
    }

    /** It was aborted or refused. What it had not begun to fetch may go. */
    void abort(long id) {
        var fetch = fetches.get(id);
        if (fetch != null && !fetch.hasBegun() && fetch.end()) {
            fetches.remove(id);
            Thread.ofVirtual().name("release").start(() -> release(fetch.source));
        }
    }

    /** Everything is over. */
    void close() {
        fetches.values().forEach(Fetch::end);
        fetches.clear();
    }

    private void run(long id, Fetch fetch, int from, int tokens, long[] hashes) {
        var good = false;
        try {
            good = tokens == 0 || read(fetch.source, from, tokens, hashes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        fetches.remove(id);
        if (!fetch.end()) {
            return;
        }
        if (good) {
            release(fetch.source);
            engine.pulled(id);
        } else {
            stats.failed();
            engine.pullFailed(id, options.recompute());
        }
    }

    private boolean read(Source source, int from, int tokens, long[] hashes) throws InterruptedException {
        var began = System.nanoTime();
        try (var peer = reach(source)) {
            var first = from / blockSize;
            var last = Math.min((from + tokens) / blockSize, hashes.length);
            var needed = (from + tokens + blockSize - 1) / blockSize - first;
            var ask = Peer.question("read");
            var size = needed * blockBytes;
            var nanos = scaled(TransferOptions.SETUP_MILLIS / 1e3 + size / (options.gigabytesPerSecond() * 1e9));
            var named = ask.put("nanos", nanos).putArray("blocks");
            var whole = true;
            if (!source.key().isEmpty()) {
                var blocks = source.meets() ? meet(peer, source) : source.blocks();
                whole = blocks.size() >= needed;
                // As in vLLM: when more are named than are needed, the last of them are taken.
                blocks.subList(Math.max(0, blocks.size() - needed), blocks.size())
                        .forEach(named::add);
            }
            var content = ask.putArray("hashes");
            Arrays.stream(hashes, first, Math.max(first, last)).forEach(content::add);
            var until = wire.reserve(nanos);
            var intact = peer.ask(ask).path("intact").asBoolean() && whole;
            Wire.await(until);
            if (source.key().isEmpty() && !intact) {
                // A cache is read by content: what has been pushed out of it since is not there, instead of something
                // else.
                return false;
            }
            stats.moved(System.nanoTime() - began, size, intact);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private List<Integer> meet(Peer peer, Source source) throws IOException {
        var blocks = peer.ask(Peer.question("meet")
                        .put("key", source.key())
                        .put("seconds", source.patienceSeconds() * timeScale))
                .path("blocks");
        return IntStream.range(0, blocks.size())
                .mapToObj(i -> blocks.path(i).asInt())
                .toList();
    }

    /** A connection to the engine that the source names, after the handshake. */
    private Peer reach(Source source) throws IOException, InterruptedException {
        var began = System.nanoTime();
        Peer peer = null;
        try {
            var address = source.bootstrap() ? Bootstrap.find(source) : source;
            peer = new Peer(address.host(), address.port(), 1000);
            var engineId = peer.ask(Peer.question("hello")).path("engine_id").asText();
            if (!known.contains(engineId)) {
                Thread.sleep(scaled(options.handshakeSeconds()) / 1_000_000);
            }
            if (!source.engineId().isEmpty() && !source.engineId().equals(engineId)) {
                throw new IOException("expected " + source.engineId() + ", found " + engineId);
            }
            known.add(source.address());
            known.add(engineId);
            return peer;
        } catch (IOException e) {
            if (peer == null) {
                Wire.await(began
                        + (known.contains(source.address()) ? GONE_NANOS : scaled(TransferOptions.NOBODY_SECONDS)));
            } else {
                peer.close();
            }
            throw e;
        }
    }

    private void heartbeat(Fetch fetch) {
        var lease = scaled(options.lease());
        try {
            while (!fetch.awaitOver(lease / 6)) {
                try (var peer = new Peer(fetch.source.host(), fetch.source.port(), 1000)) {
                    peer.ask(Peer.question("renew")
                            .put("key", fetch.source.key())
                            .put("nanos", lease * 2 / 3));
                } catch (IOException e) {
                    // The fetch itself will find out.
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void release(Source source) {
        if (source.key().isEmpty()) {
            return;
        }
        try {
            var address = source.bootstrap() ? Bootstrap.find(source) : source;
            try (var peer = new Peer(address.host(), address.port(), 1000)) {
                peer.ask(Peer.question("release").put("key", source.key()));
            }
        } catch (IOException e) {
            // Then the lease ends it.
        }
    }

    /** Leading blocks of these that a peer has cached; 0 when it cannot be asked. */
    static int cached(Source source, long[] hashes) {
        try (var peer = new Peer(source.host(), source.port(), 1000)) {
            var ask = Peer.question("prefix");
            var list = ask.putArray("hashes");
            Arrays.stream(hashes).forEach(list::add);
            return peer.ask(ask).path("cached").asInt();
        } catch (IOException e) {
            return 0;
        }
    }

    private long scaled(double seconds) {
        return (long) (seconds * timeScale * 1e9);
    }
}
