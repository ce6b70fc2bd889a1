package dev.sluice.core;

/**
 * Bounds retries so that they can't amplify an outage: at most 20 % of the requests of the last 10 s, and at least 20
 * saved up. Attempts that never reached an engine are not charged here.
 */
public final class RetryBudget {
    private static final int BUCKETS = 10;
    private static final long BUCKET_NS = 1_000_000_000L;
    private static final double SHARE = 0.2;
    private static final int SAVED = 20;

    private final int[] requests = new int[BUCKETS];
    private final int[] retries = new int[BUCKETS];
    private long current = Long.MIN_VALUE;

    /** Counts a request of a client. */
    public void request(long now) {
        requests[roll(now)]++;
    }

    /** Takes a retry out of the budget; false when it is used up. */
    public boolean tryRetry(long now) {
        int bucket = roll(now);
        int seen = 0;
        int used = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen += requests[i];
            used += retries[i];
        }
        if (used >= Math.max(SAVED, SHARE * seen)) {
            return false;
        }
        retries[bucket]++;
        return true;
    }

    private int roll(long now) {
        long second = Math.floorDiv(now, BUCKET_NS);
        if (current == Long.MIN_VALUE) {
            current = second;
        }
        for (long s = Math.max(current + 1, second - BUCKETS + 1); s <= second; s++) {
            int bucket = (int) Math.floorMod(s, (long) BUCKETS);
            requests[bucket] = 0;
            retries[bucket] = 0;
        }
        current = Math.max(current, second);
        return (int) Math.floorMod(current, (long) BUCKETS);
    }
}
