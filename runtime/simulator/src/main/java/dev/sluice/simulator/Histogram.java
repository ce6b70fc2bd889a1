package dev.sluice.simulator;

/** A Prometheus histogram: ascending upper bounds, counts that are not cumulative, and a sum. */
public final class Histogram {
    private final double[] bounds;
    private final long[] counts;
    private double sum;
    private long count;
    private double lastValue = Double.NaN;
    private int lastBucket;

    /** An empty one with these upper bounds, and one without end. */
    public Histogram(double... bounds) {
        this.bounds = bounds;
        counts = new long[bounds.length + 1];
    }

    /** Counts a value. */
    public void record(double value) {
        // All sequences of a step share one inter-token time, so the last answer is most often this one too.
        if (value != lastValue) {
            lastValue = value;
            var low = 0;
            var high = bounds.length;
            while (low < high) {
                var middle = (low + high) >>> 1;
                if (value <= bounds[middle]) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            lastBucket = low;
        }
        counts[lastBucket]++;
        sum += value;
        count++;
    }

    int buckets() {
        return counts.length;
    }

    /** The bound of a bucket; infinite for the last. */
    double bound(int bucket) {
        return bucket == bounds.length ? Double.POSITIVE_INFINITY : bounds[bucket];
    }

    long count(int bucket) {
        return counts[bucket];
    }

    /** Of all values. */
    public double sum() {
        return sum;
    }

    long count() {
        return count;
    }
}
