package dev.sluice.simulator.transfer;

/**
 * How a stand-in shares KV.
 *
 * @param kind of connector
 * @param port its side channel listens on, with Mooncake its bootstrap server; 0 takes a free one
 * @param engineId what it calls itself; empty makes one up for every process
 * @param leaseSeconds how long blocks are kept for somebody; 0 for the kind's default
 * @param gigabytesPerSecond what the link to it and from it moves, 1e9 bytes each
 * @param handshakeSeconds before a pair's first transfer
 * @param recompute whether KV that does not come is computed here, as {@code kv_load_failure_policy: recompute}, instead of
 *     failing the request
 * @param storage folder of the kinds that share a storage; empty for one inside this process
 */
public record TransferOptions(
        ConnectorKind kind,
        int port,
        String engineId,
        double leaseSeconds,
        double gigabytesPerSecond,
        double handshakeSeconds,
        boolean recompute,
        String storage) {
    /** How long a pair that has never talked tries to reach each other, seconds. */
    static final double NOBODY_SECONDS = 5;
    /** Setup of each transfer, milliseconds. */
    static final double SETUP_MILLIS = 1;

    /** Checks the ranges; {@link IllegalArgumentException} names the option. */
    public TransferOptions {
        check(port >= 0 && port <= 65_535, "side-channel-port is 0 to 65535, not " + port);
        check(leaseSeconds >= 0, "kv-lease is not negative: " + leaseSeconds);
        check(gigabytesPerSecond > 0, "kv-link is above 0, not " + gigabytesPerSecond);
        check(handshakeSeconds >= 0, "kv-handshake is not negative: " + handshakeSeconds);
    }

    /** Nothing is shared. */
    public static TransferOptions none() {
        return of(ConnectorKind.NONE);
    }

    /** This kind with its defaults: a free port, 49.5 GB/s as measured on InfiniBand 400G, half a second of handshake. */
    public static TransferOptions of(ConnectorKind kind) {
        return new TransferOptions(kind, 0, "", 0, 49.5, 0.5, false, "");
    }

    /** The same with another port. */
    public TransferOptions withPort(int other) {
        return new TransferOptions(
                kind, other, engineId, leaseSeconds, gigabytesPerSecond, handshakeSeconds, recompute, storage);
    }

    /** The same with another lease. */
    public TransferOptions withLease(double seconds) {
        return new TransferOptions(
                kind, port, engineId, seconds, gigabytesPerSecond, handshakeSeconds, recompute, storage);
    }

    /** The same with another link. */
    public TransferOptions withLink(double gigabytes, double handshake) {
        return new TransferOptions(kind, port, engineId, leaseSeconds, gigabytes, handshake, recompute, storage);
    }

    /** The same under another name of the engine. */
    public TransferOptions withEngineId(String other) {
        return new TransferOptions(
                kind, port, other, leaseSeconds, gigabytesPerSecond, handshakeSeconds, recompute, storage);
    }

    /** The same with another policy and storage. */
    public TransferOptions with(boolean recomputes, String folder) {
        return new TransferOptions(
                kind, port, engineId, leaseSeconds, gigabytesPerSecond, handshakeSeconds, recomputes, folder);
    }

    /** What holds: the option, or the kind's default. */
    double lease() {
        return leaseSeconds > 0 ? leaseSeconds : kind.defaultLeaseSeconds();
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
