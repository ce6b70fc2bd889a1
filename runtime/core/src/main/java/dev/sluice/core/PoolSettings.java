package dev.sluice.core;

import java.time.Duration;

/**
 * What a pool is told, as opposed to what it learns.
 *
 * @param name the pool's name
 * @param concurrency most requests charged to one endpoint at a time; {@link #AUTO}: learned from each engine
 * @param blockSize tokens per KV block when the engine does not say
 * @param ejectAfter consecutive failures that eject an endpoint
 * @param ejection first time out of service; doubles with every further ejection, up to 30 times
 * @param slowStart how long a new or returned endpoint warms up; zero for none
 * @param priors what is believed of an endpoint before it has answered
 * @param moves how KV moves between endpoints
 * @param pulls whether an endpoint can be told to fetch what another one has cached
 */
public record PoolSettings(
        String name,
        int concurrency,
        int blockSize,
        int ejectAfter,
        Duration ejection,
        Duration slowStart,
        Priors priors,
        Moves moves,
        boolean pulls) {
    /** How KV moves between endpoints. */
    public enum Moves {
        /** It does not. */
        NONE,
        /** At the speed of the link from the first time on. */
        PLAIN,
        /** After a handshake, which takes seconds. */
        HANDSHAKE
    }

    /** Settings of a pool whose endpoints fetch nothing that others have cached. */
    public PoolSettings(
            String name,
            int concurrency,
            int blockSize,
            int ejectAfter,
            Duration ejection,
            Duration slowStart,
            Priors priors,
            Moves moves) {
        this(name, concurrency, blockSize, ejectAfter, ejection, slowStart, priors, moves, false);
    }

    /** Settings of a pool whose endpoints don't move KV. */
    public PoolSettings(
            String name,
            int concurrency,
            int blockSize,
            int ejectAfter,
            Duration ejection,
            Duration slowStart,
            Priors priors) {
        this(name, concurrency, blockSize, ejectAfter, ejection, slowStart, priors, Moves.NONE);
    }

    /** Each endpoint gets what it can run, and as many again to wait there. */
    public static final int AUTO = 0;

    /** Settings with everything but the name left at its default. */
    public static PoolSettings of(String name) {
        return new PoolSettings(name, AUTO, 16, 5, Duration.ofSeconds(1), Duration.ofSeconds(10), Priors.DEFAULT);
    }

    /**
     * What is believed of an endpoint before it has answered: an 8B model on one H100 ({@code vllm-protocols.md} 7.3).
     * Wrong priors cost little, because only differences between endpoints decide, and rates are learned within tens
     * of requests.
     *
     * @param prefillRate prompt tokens per second
     * @param overheadMs fixed time of a request before its prefill, ms
     * @param tokenMs time per output token of a lone stream, ms
     * @param tokenSlopeMs growth of that time per further stream, ms
     * @param kvTokens tokens that the prefix cache holds
     */
    public record Priors(double prefillRate, double overheadMs, double tokenMs, double tokenSlopeMs, int kvTokens) {
        /** An 8B model on one H100. */
        public static final Priors DEFAULT = new Priors(20_000, 15, 8, 0.05, 400_000);
    }
}
