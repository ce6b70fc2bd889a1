package dev.sluice.simulator.fleet;

import dev.sluice.simulator.Engine;
import dev.sluice.simulator.EngineSink;
import dev.sluice.simulator.KvPin;
import dev.sluice.simulator.KvTransfer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The part of a server that trades KV with others. */
final class ServerKv {
    private final String name;
    private final KvNetwork network;
    private final EventLoop loop;
    private final Engine engine;
    private final EngineSink sink;
    private final Runnable wake;
    private final Map<Long, KvFetch> fetches = new LinkedHashMap<>();
    private int process = 1;
    private boolean up = true;

    ServerKv(String name, KvNetwork network, EventLoop loop, Engine engine, EngineSink sink, Runnable wake) {
        this.name = name;
        this.network = network;
        this.loop = loop;
        this.engine = engine;
        this.sink = sink;
        this.wake = wake;
        network.join(this);
    }

    String name() {
        return name;
    }

    String engineId() {
        return name + "#" + process;
    }

    boolean isUp() {
        return up;
    }

    Engine engine() {
        return engine;
    }

    long blockBytes() {
        return (long) engine.profile().blockSize() * engine.profile().kvBytesPerToken();
    }

    /** What the engine has to know of a leg that arrives. */
    KvTransfer transfer(long id, Ask ask, KvLeg leg) {
        return switch (leg) {
            case KvLeg.Alone alone -> KvTransfer.NONE;
            case KvLeg.Prefill prefill ->
                KvTransfer.keep(prefill.key().isEmpty() ? "req-" + id : prefill.key(), network.lease());
            case KvLeg.Decode decode -> {
                expect(KvFetch.of(this, id, ask, decode.params()));
                yield KvTransfer.pull(
                        ask.promptTokens(), decode.params().blocks().size());
            }
            case KvLeg.Meet meet -> {
                expect(KvFetch.of(this, id, ask, meet));
                yield KvTransfer.pull(ask.promptTokens(), Integer.MAX_VALUE);
            }
            case KvLeg.Cached cached -> cached(id, ask, cached);
            case KvLeg.Broken broken ->
                new KvTransfer(
                        Optional.empty(),
                        Optional.of(new KvTransfer.Pull(
                                ask.promptTokens(), Integer.MAX_VALUE, KvTransfer.Defect.INCOMPLETE)),
                        Optional.empty());
        };
    }

    private KvTransfer cached(long id, Ask ask, KvLeg.Cached leg) {
        Optional<KvTransfer.Keep> keep =
                leg.keep().isEmpty() ? Optional.empty() : Optional.of(new KvTransfer.Keep(leg.keep(), network.lease()));
        var size = engine.profile().blockSize();
        var blocks = network.cached(leg.server(), name, ask) / size;
        if (blocks == 0) {
            return new KvTransfer(keep, Optional.empty(), Optional.empty());
        }
        expect(KvFetch.cached(this, id, ask, leg.server(), network.process(leg.server())));
        var pull = new KvTransfer.Pull(blocks * size, Integer.MAX_VALUE, KvTransfer.Defect.NONE);
        return new KvTransfer(keep, Optional.of(pull), Optional.empty());
    }

    private void expect(KvFetch fetch) {
        fetches.put(fetch.id, fetch);
        if (!fetch.meets && !fetch.cached) {
            network.heartbeat(fetch);
        }
    }

    /** The engine has blocks for a leg. What follows must not happen inside its step. */
    void pull(long id, int from, int tokens) {
        var fetch = fetches.get(id);
        if (fetch == null) {
            return;
        }
        fetch.begun = true;
        fetch.from = from;
        fetch.tokens = tokens;
        loop.at(loop.now(), () -> {
            if (!fetch.over) {
                network.begin(fetch);
            }
        });
    }

    KvParams kept(KvPin pin) {
        loop.at(loop.now(), () -> network.kept(this, pin.key()));
        return new KvParams(name, engineId(), pin.key(), pin.blocks(), pin.tokens(), pin.cachedTokens(), loop.now());
    }

    /** A leg was aborted: what it had not begun to fetch it does not want. */
    void abort(long id) {
        var fetch = fetches.get(id);
        if (fetch != null && !fetch.begun) {
            fetches.remove(id);
            fetch.over = true;
            network.release(fetch);
        }
    }

    /** A leg was refused before the engine had seen it: whoever has the blocks hears nothing. */
    void forget(long id) {
        var fetch = fetches.remove(id);
        if (fetch != null) {
            fetch.over = true;
        }
    }

    void pulled(KvFetch fetch) {
        fetches.remove(fetch.id);
        engine.kv().pulled(fetch.id, loop.now());
        wake.run();
    }

    void pullFailed(KvFetch fetch) {
        fetches.remove(fetch.id);
        engine.kv().pullFailed(fetch.id, false, loop.now(), sink);
        wake.run();
    }

    boolean release(String key) {
        var was = engine.kv().release(key, loop.now());
        wake.run();
        return was;
    }

    /** Whether a holder still has cached what a leg fetches. */
    boolean stillCached(ServerKv holder, KvFetch fetch) {
        return holder.engine().cachedTokens(fetch.ask.promptTokens(), fetch.ask.blocks()) >= fetch.from + fetch.tokens;
    }

    /** Whether a holder's blocks have what a leg's prompt needs; the last of them, as vLLM takes them when more are named. */
    boolean holdsFor(ServerKv holder, KvFetch fetch) {
        var size = engine.profile().blockSize();
        var first = fetch.from / size;
        var last = Math.min((fetch.from + fetch.tokens) / size, fetch.ask.promptBlocks());
        var needed = (fetch.from + fetch.tokens + size - 1) / size - first;
        var blocks = fetch.blocks;
        return blocks.size() >= needed
                && holder.engine()
                        .kv()
                        .holds(
                                blocks.subList(blocks.size() - needed, blocks.size()),
                                Arrays.copyOfRange(fetch.ask.blocks(), first, Math.max(first, last)));
    }

    void crash() {
        up = false;
        fetches.values().forEach(fetch -> fetch.over = true);
        fetches.clear();
    }

    void restart() {
        if (!up) {
            up = true;
            process++;
        }
    }
}
