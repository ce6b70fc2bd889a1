package dev.sluice.gateway.metrics;

import java.time.Duration;
import java.util.Arrays;

/** Upper bounds of histograms, s: fine where language models and their users live, few everywhere else. */
final class Buckets {
    /** Whole requests: from a cached embedding to half an hour of reasoning. */
    static final Duration[] REQUEST =
            seconds(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1800);

    /** Time to first token: around the objectives of 0.2 to 2 s that people set. */
    static final Duration[] FIRST_TOKEN =
            seconds(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 20, 40, 80);

    /** Time per output token: 400 down to 1 token a second. */
    static final Duration[] PER_TOKEN =
            seconds(0.0025, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1);

    /** Waiting for a place. */
    static final Duration[] QUEUE = seconds(0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60);

    /** Our own work: decisions and plugins. */
    static final Duration[] OWN =
            seconds(1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 0.1);

    private Buckets() {}

    private static Duration[] seconds(double... bounds) {
        return Arrays.stream(bounds)
                .mapToObj(bound -> Duration.ofNanos(Math.round(bound * 1e9)))
                .toArray(Duration[]::new);
    }
}
