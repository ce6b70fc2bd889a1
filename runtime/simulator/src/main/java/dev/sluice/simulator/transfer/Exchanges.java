package dev.sluice.simulator.transfer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.KvPin;
import dev.sluice.simulator.KvTransfer;
import dev.sluice.spi.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** All that one stand-in does with other engines' KV, whatever its connector. Thread-safe. */
public final class Exchanges implements AutoCloseable {
    private final TransferOptions options;
    private final String engineId;
    private final KvEngine engine;
    private final TransferStats stats = new TransferStats();
    private final Connector connector;
    private final Optional<StorageConnector> storage;
    private final Optional<SideChannel> sideChannel;
    private final Optional<Bootstrap> bootstrap;
    private final Fetches fetches;
    private final int blockSize;
    private final long loadNanosPerToken;

    /**
     * Opens what the connector needs.
     *
     * @param host where it listens, and what it calls itself to others; all addresses: its machine's own
     * @param timeScale every duration is multiplied by this
     * @throws IOException when a port cannot be had
     */
    public Exchanges(
            TransferOptions options, String host, Role role, EngineProfile profile, double timeScale, KvEngine engine)
            throws IOException {
        this.options = options;
        this.engine = engine;
        blockSize = profile.blockSize();
        engineId = options.engineId().isEmpty() ? UUID.randomUUID().toString() : options.engineId();
        loadNanosPerToken =
                Math.round(profile.kvBytesPerToken() / (options.gigabytesPerSecond() * 1e9) * timeScale * 1e9);
        var wire = new Wire();
        var mooncake = options.kind() == ConnectorKind.MOONCAKE;
        var known = options.kind().hasPeers() ? reachable(host) : host;
        sideChannel = options.kind().hasPeers()
                ? Optional.of(new SideChannel(host, mooncake ? 0 : options.port(), engineId, engine, stats, wire))
                : Optional.empty();
        var port = sideChannel.map(SideChannel::port).orElse(0);
        bootstrap =
                mooncake ? Optional.of(new Bootstrap(host, options.port(), known, engineId, port)) : Optional.empty();
        var lease = (long) (options.lease() * timeScale * 1e9);
        storage = switch (options.kind()) {
            case SHARED_STORAGE -> Optional.of(new StorageConnector(new Store(options.storage()), false, blockSize));
            case LMCACHE -> Optional.of(new StorageConnector(new Store(options.storage()), true, blockSize));
            default -> Optional.empty();
        };
        connector = switch (options.kind()) {
            case NONE -> (body, params, requestId, promptTokens) -> Wish.NONE;
            case NIXL -> new NixlConnector(known, port, engineId, lease);
            case SHARED_STORAGE, LMCACHE -> storage.orElseThrow();
            default -> new MeetingConnector(options.kind(), role, lease);
        };
        var blockBytes = (long) blockSize * profile.kvBytesPerToken();
        fetches = new Fetches(engine, options, stats, wire, timeScale, blockSize, blockBytes);
    }

    /** What others call a machine that listens on all of its addresses: in a pod, the pod's. */
    static String reachable(String host) throws UnknownHostException {
        return InetAddress.getByName(host).isAnyLocalAddress()
                ? InetAddress.getLocalHost().getHostAddress()
                : host;
    }

    /**
     * What a request wants with other engines' KV. May ask another engine, for a second at most.
     *
     * @param body of the request
     * @param requestId the engine's own name of it
     * @param prompt its token ids
     * @param hashes of its blocks
     */
    public Wish wish(ObjectNode body, String requestId, int[] prompt, long[] hashes) {
        if (storage.isPresent()) {
            var found = storage.get().find(prompt);
            return found == 0 ? Wish.NONE : new Wish(KvTransfer.load(found, loadNanosPerToken), Optional.empty());
        }
        var wish = connector.wish(body, params(body), requestId, prompt.length);
        var source = wish.source();
        if (source.isEmpty() || !source.get().key().isEmpty()) {
            return wish;
        }
        // A cached prefix, of whatever length the other side has.
        var blocks = Fetches.cached(source.get(), Arrays.copyOf(hashes, prompt.length / blockSize));
        var keep = wish.transfer().keep();
        return blocks == 0
                ? new Wish(new KvTransfer(keep, Optional.empty(), Optional.empty()), Optional.empty())
                : new Wish(
                        new KvTransfer(
                                keep,
                                Optional.of(new KvTransfer.Pull(
                                        blocks * blockSize, Integer.MAX_VALUE, KvTransfer.Defect.NONE)),
                                Optional.empty()),
                        source);
    }

    /** The field of the body, or of its {@code sampling_params}, or of the extra arguments in those. */
    private static ObjectNode params(ObjectNode body) {
        for (var pointer : List.of("/kv_transfer_params", "/sampling_params/extra_args/kv_transfer_params")) {
            if (body.at(pointer) instanceof ObjectNode given) {
                return given;
            }
        }
        return Peer.JSON.createObjectNode();
    }

    /** A request was handed to the engine under this id. */
    public void submitted(long id, Wish wish) {
        wish.source().ifPresent(source -> fetches.expect(id, source));
    }

    /** The engine has blocks for a request's KV; {@code hashes} are those of its prompt's full blocks. Does not wait. */
    public void pull(long id, int from, int tokens, long[] hashes) {
        fetches.begin(id, from, tokens, hashes);
    }

    /** A request was aborted or ended. */
    public void aborted(long id) {
        fetches.abort(id);
    }

    /** Blocks were pinned; JSON of {@code kv_transfer_params} for the answer. */
    public String kept(KvPin pin) {
        sideChannel.ifPresent(SideChannel::kept);
        return connector.answer(pin);
    }

    /** A prompt was computed: kinds with a storage put it there. */
    public void computed(int[] prompt) {
        storage.ifPresent(there -> there.put(prompt));
    }

    /** What became of transfers. */
    public TransferStats stats() {
        return stats;
    }

    /** What kind of connector it is. */
    public ConnectorKind kind() {
        return options.kind();
    }

    /** What it calls itself to other engines. */
    public String engineId() {
        return engineId;
    }

    /** Where others find it: its bootstrap server, or its side channel; 0 when they do not. */
    public int port() {
        return bootstrap
                .map(Bootstrap::port)
                .orElse(sideChannel.map(SideChannel::port).orElse(0));
    }

    /** Everything that is known of kept and fetched KV, as {@code /debug/kv} shows it. */
    public ObjectNode json() {
        var json = Peer.JSON.createObjectNode();
        json.put("connector", options.kind().word())
                .put("engine_id", engineId)
                .put("port", port())
                .put("deferred", engine.deferred());
        stats.into(json);
        var blocks = 0;
        var pins = json.putArray("pins");
        for (var pin : engine.pins()) {
            blocks += pin.blocks().size();
            pins.addObject()
                    .put("key", pin.key())
                    .put("blocks", pin.blocks().size())
                    .put("tokens", pin.tokens())
                    .put("expires_in_ms", engine.left(pin) / 1e6);
        }
        return json.put("pinned_blocks", blocks);
    }

    /** As the end of the engine's process: nobody reaches it any more. */
    @Override
    public void close() {
        sideChannel.ifPresent(SideChannel::close);
        bootstrap.ifPresent(Bootstrap::close);
        fetches.close();
    }
}
