package dev.sluice.gateway.plugin;

import java.util.concurrent.atomic.AtomicLongArray;

/** A histogram of ns with four buckets per doubling: quantiles to within a fifth, for 2 KiB. */
final class Latencies {
    private final AtomicLongArray buckets = new AtomicLongArray(256);

    void record(long nanos) {
        long n = Math.max(4, nanos);
        int exponent = 63 - Long.numberOfLeadingZeros(n);
        buckets.incrementAndGet(exponent * 4 + (int) (n >> (exponent - 2) & 3));
    }

    /** Upper bound of a quantile in ms; NaN when nothing was recorded. */
    double millis(double quantile) {
        long total = 0;
        for (int i = 0; i < buckets.length(); i++) {
            total += buckets.get(i);
        }
        long rank = (long) Math.ceil(quantile * total);
        long seen = 0;
        for (int i = 0; i < buckets.length() && total > 0; i++) {
            seen += buckets.get(i);
            if (seen >= rank) {
                return (5 + i % 4) * Math.scalb(1.0, i / 4 - 2) / 1e6;
            }
        }
        return Double.NaN;
    }
}
