package dev.sluice.kvevents;

import java.time.Duration;

/**
 * What one engine may cost.
 *
 * @param messageBytes largest message; an engine that sends a larger one is disconnected by ZeroMQ
 * @param bytesPerSecond bytes that are read of one engine in a second on average; what comes faster waits in the engine
 * @param heldBytes bytes of messages that are held back while a replay runs; beyond it they are dropped and asked for again
 * @param replays replays that run at once, over all engines
 * @param idle time without an answer after which a replay is asked for again
 * @param tries so many times without progress in a row before it is given up
 * @param total longest time of a replay
 * @param rest time after a replay that failed before another is asked for
 */
record Limits(
        int messageBytes,
        long bytesPerSecond,
        int heldBytes,
        int replays,
        Duration idle,
        int tries,
        Duration total,
        Duration rest) {
    /** As llm-d's reader has them, where it has any. */
    static final Limits DEFAULT = new Limits(
            16 << 20, 16L << 20, 32 << 20, 8, Duration.ofSeconds(2), 3, Duration.ofMinutes(2), Duration.ofSeconds(30));
}
