package dev.sluice.simulator.fleet;

/**
 * What lies between two engines' caches.
 *
 * @param handshakeNanos once for each pair of processes, before their first transfer
 * @param setupNanos for each transfer
 * @param bytesPerSecond above 0
 */
public record KvLink(long handshakeNanos, long setupNanos, double bytesPerSecond) {
    /** InfiniBand 400G as measured with NIXL: 49.5 GB/s; the handshake is vLLM's documented order of magnitude. */
    public static final KvLink INFINIBAND_400G = new KvLink(5_000_000_000L, 1_000_000, 49.5e9);
    /** RoCE 100G as measured with NIXL: 12.1 GB/s. */
    public static final KvLink ROCE_100G = new KvLink(5_000_000_000L, 1_000_000, 12.1e9);
    /** UCX over TCP between GPUs: 0.55 GB/s. */
    public static final KvLink TCP = new KvLink(5_000_000_000L, 5_000_000, 0.55e9);

    /** Checks the ranges. */
    public KvLink {
        if (handshakeNanos < 0 || setupNanos < 0 || !(bytesPerSecond > 0)) {
            throw new IllegalArgumentException(
                    "a link takes " + handshakeNanos + " + " + setupNanos + " ns and moves " + bytesPerSecond + " B/s");
        }
    }

    /** How long a transfer takes once the pair knows each other and nothing else is on the way, ns. */
    public long nanos(long bytes) {
        return setupNanos + Math.round(bytes / bytesPerSecond * 1e9);
    }

    /** The same link, this many times as fast. */
    public KvLink faster(double factor) {
        return new KvLink(handshakeNanos, setupNanos, bytesPerSecond * factor);
    }
}
