package dev.sluice.app;

import dev.sluice.simulator.events.BlockHasher.Algorithm;
import dev.sluice.simulator.events.EventOptions;
import picocli.CommandLine.Option;

/** Options of stand-ins that publish KV events. */
final class EventFlags {
    @Option(names = "--kv-events", description = "Publishes KV events over ZeroMQ.")
    private boolean enabled;

    @Option(
            names = "--kv-events-endpoint",
            paramLabel = "ADDRESS",
            description = "Where the first publishes; bound when it has a *; port 0 takes free ones.")
    private String endpoint = "tcp://*:5557";

    @Option(
            names = "--kv-events-replay-endpoint",
            paramLabel = "ADDRESS",
            description = "Where missed batches of the first can be had.")
    private String replay = "";

    @Option(names = "--kv-events-topic", paramLabel = "TEXT", description = "First frame of every message.")
    private String topic = "";

    @Option(names = "--kv-events-buffer-steps", paramLabel = "N", description = "Batches that are kept for replay.")
    private int buffer = 10_000;

    @Option(names = "--prefix-caching-hash-algo", paramLabel = "NAME", description = "sha256 or sha256_cbor.")
    private String algorithm = "sha256";

    @Option(names = "--hash-seed", paramLabel = "TEXT", description = "PYTHONHASHSEED of the engine.")
    private String seed = "";

    @Option(names = "--kv-events-digests", description = "Sends whole digests instead of numbers.")
    private boolean digests;

    @Option(names = "--kv-events-old-forms", description = "Arrays and short replays, as before mid-2026.")
    private boolean oldForms;

    @Option(
            names = "--data-parallel-rank",
            paramLabel = "N",
            description = "Rank of the first in its events; added to their ports.")
    private int rank;

    EventOptions options(int index) {
        EventOptions base = EventOptions.none()
                .withTopic(topic)
                .withBuffer(buffer)
                .withRank(rank)
                .withHashes(Algorithm.of(algorithm), seed, !digests);
        EventOptions forms = oldForms ? base.inOldForms() : base;
        return enabled ? forms.at(shifted(endpoint, index), shifted(replay, index)) : forms;
    }

    /** The address of a further server: the next port. */
    private static String shifted(String address, int index) {
        int colon = address.lastIndexOf(':');
        String port = address.substring(colon + 1);
        if (!address.startsWith("tcp://") || !port.matches("\\d{1,5}") || port.equals("0")) {
            return address;
        }
        return address.substring(0, colon + 1) + (Integer.parseInt(port) + index);
    }
}
