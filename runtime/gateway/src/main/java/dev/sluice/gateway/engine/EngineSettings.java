package dev.sluice.gateway.engine;

import java.time.Duration;

/**
 * How often engines are asked, and how long and how much they may answer.
 *
 * @param idle between two readings of metrics while no traffic runs
 * @param busy between two readings while traffic runs
 * @param busyFor how long an endpoint counts as busy after {@link Engines#traffic}
 * @param recheck between two probes of an endpoint that answers
 * @param firstRetry until the next probe of an endpoint that did not answer; doubles each time
 * @param lastRetry longest wait of that kind
 * @param timeout for one call as a whole, connection included
 * @param pageBytes longest metrics page or list of models
 */
public record EngineSettings(
        Duration idle,
        Duration busy,
        Duration busyFor,
        Duration recheck,
        Duration firstRetry,
        Duration lastRetry,
        Duration timeout,
        int pageBytes) {
    /** A picture at most 250 ms old under traffic and 5 s without it. */
    public static final EngineSettings DEFAULT = new EngineSettings(
            Duration.ofMillis(4800),
            Duration.ofMillis(200),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofMillis(100),
            Duration.ofSeconds(5),
            Duration.ofSeconds(1),
            1 << 20);
}
