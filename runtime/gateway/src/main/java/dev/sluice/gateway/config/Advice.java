package dev.sluice.gateway.config;

import java.util.Map;
import java.util.Optional;

/** What the default policy does better than a type that llm-d's configurations use. */
final class Advice {
    private static final String LAGS =
            "reads the engine's last metrics page; least-work-scorer counts a request from the moment that it is sent";
    private static final String COUNTS =
            "counts requests; least-work-scorer weighs what each asks for, in milliseconds on this very engine";
    private static final String SESSIONS =
            "least-work-scorer keeps a session where its cache is, until the queue there costs more than it saves";

    private static final Map<String, String> BETTER = Map.ofEntries(
            Map.entry("queue-scorer", LAGS),
            Map.entry("running-requests-size-scorer", LAGS),
            Map.entry("load-aware-scorer", LAGS),
            Map.entry("utilization-filter", LAGS),
            Map.entry("active-request-scorer", COUNTS),
            Map.entry(
                    "token-load-scorer",
                    "takes all engines for equally fast; least-work-scorer learns each one's speed from its answers"),
            Map.entry(
                    "kv-cache-utilization-scorer",
                    "prefers an empty cache to a useful one; least-work-scorer heeds room only when it runs out"),
            Map.entry(
                    "prefix-cache-scorer",
                    "a share of the prompt, whatever its length; least-work-scorer weighs the time that a hit saves"),
            Map.entry(
                    "prefix-cache-affinity-filter",
                    "its threshold and speed are set by hand; least-work-scorer learns what a hit saves on each engine"),
            Map.entry("no-hit-lru-scorer", "least-work-scorer counts what a prompt pushes out of each engine's cache"),
            Map.entry("session-affinity-scorer", SESSIONS),
            Map.entry("session-affinity-filter", SESSIONS),
            Map.entry(
                    "latency-scorer",
                    "least-work-scorer uses the same learned times, of all requests that are affected"));

    private Advice() {}

    static Optional<String> on(String type) {
        return Optional.ofNullable(BETTER.get(type));
    }
}
