package dev.sluice.gateway.plugin;

import dev.sluice.gateway.metrics.PluginMeter;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** What is counted of one instance at one point of the decision. */
final class CallStats {
    /** How a call ended. */
    enum Outcome {
        /** It voted. */
        OK,
        /** It voted, with a score outside 0..1 that was moved to the nearer end. */
        CLAMPED,
        /** It threw, or answered with what can't be. */
        FAULT,
        /** It was not done when its budget was over. */
        TIMEOUT,
        /** It did not begin in time. */
        BUSY,
        /** It was not asked: its breaker is open. */
        OPEN,
        /** It was not asked: it keeps a thread that it never gave back. */
        OFF;

        private final String label = name().toLowerCase(Locale.ROOT);
    }

    private final PluginMeter meter;
    private final LongAdder[] counts = new LongAdder[Outcome.values().length];
    private final Latencies latencies = new Latencies();

    CallStats(PluginMeter meter) {
        this.meter = meter;
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    void count(Outcome outcome) {
        counts[outcome.ordinal()].increment();
        meter.count(outcome.label);
    }

    void time(long nanos) {
        latencies.record(nanos);
        meter.time(nanos);
    }

    /** Calls by outcome, without those that never happened. */
    Map<String, Long> calls() {
        Map<String, Long> calls = new TreeMap<>();
        for (Outcome outcome : Outcome.values()) {
            long n = counts[outcome.ordinal()].sum();
            if (n > 0) {
                calls.put(outcome.label, n);
            }
        }
        return calls;
    }

    double millis(double quantile) {
        return latencies.millis(quantile);
    }
}
