package dev.sluice.gateway.metrics;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Who left, and since when: a series outlives its tenant or endpoint by a while, so that its last values are seen. */
final class Departures {
    private static final long GRACE = Duration.ofMinutes(5).toNanos();
    private final Map<String, Long> left = new HashMap<>();

    /** Whether the series of this name should end; {@code now} in ns. */
    boolean over(String name, boolean living, long now) {
        if (living) {
            left.remove(name);
            return false;
        }
        long since = left.computeIfAbsent(name, n -> now);
        if (now - since < GRACE) {
            return false;
        }
        left.remove(name);
        return true;
    }
}
