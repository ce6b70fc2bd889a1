package dev.sluice.core.kv;

import java.util.Optional;

/**
 * One stream of KV events.
 *
 * @param name for logs
 * @param events where the engine publishes, as {@code tcp://host:port}
 * @param replay where it repeats what it published; empty when it does not
 * @param known how far its news are known already, from a snapshot
 */
public record KvEngine(String name, String events, Optional<String> replay, Optional<Position> known) {
    /**
     * A place in a stream: the sequence number of a batch, and the engine's clock in it, by which another life of the engine
     * is told apart.
     */
    public record Position(long sequence, double seconds) {}
}
