package dev.sluice.app;

import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.spi.Endpoint;
import java.time.Duration;
import java.util.List;

/** How long an answer may take on its way: the smallest limit wins. */
final class TimeLimits {
    /** What {@code sluice-knative} notes of a revision's {@code timeoutSeconds}. */
    static final String LABEL = "sluice.dev/time-limit";

    private TimeLimits() {}

    static Finding smallest(PoolConfig pool, List<Endpoint> endpoints) {
        Duration own = pool.timeouts().total();
        long knative = endpoints.stream()
                .map(e -> e.labels().getOrDefault(LABEL, ""))
                .filter(text -> text.matches("[0-9]{1,6}"))
                .mapToLong(Long::parseLong)
                .min()
                .orElse(Long.MAX_VALUE);
        if (knative >= own.toSeconds()) {
            return Finding.ok(
                    pool.name(), "an answer may take " + own.toSeconds() + " s: timeouts.total is the smallest limit");
        }
        return Finding.warn(
                pool.name(),
                "an answer may take " + knative + " s: Knative ends it then as a 200 without its end",
                "raise timeoutSeconds of the revision, and max-revision-timeout-seconds of the cluster, or lower timeouts.total"
                        + " from " + own.toSeconds() + " s");
    }
}
