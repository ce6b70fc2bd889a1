package dev.sluice.kvevents;

/** Bytes that may be read, at a steady rate, with two seconds' worth saved up at most. */
final class Allowance {
    private final double perNano;
    private final double most;
    private double left;
    private long at;

    Allowance(long perSecond, long now) {
        perNano = perSecond / 1e9;
        most = 2.0 * perSecond;
        left = most;
        at = now;
    }

    boolean any(long now) {
        left = Math.min(most, left + perNano * Math.max(0, now - at));
        at = now;
        return left > 0;
    }

    void spend(long bytes) {
        left -= bytes;
    }
}
