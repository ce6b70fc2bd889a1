package dev.sluice.core.quota;

/**
 * A bucket that holds as much as may be used in a minute and fills evenly. Not thread-safe.
 *
 * <p>It counts whole parts and whole microseconds: one unit is as many parts as a minute has microseconds, and the bucket gains
 * {@code perMinute} parts in each of them. So nothing is ever rounded, however often it is asked, and whoever adds up what was
 * taken finds the bucket's own number. It may be in debt: an answer longer than what was set aside for it has been generated all
 * the same, and whoever caused it waits until the debt is paid.
 */
public final class TokenBucket {
    /** Largest amount per minute. */
    public static final long MOST = 1_000_000_000;

    private static final long MINUTE = 60_000_000;
    private static final long MICRO = 1000;
    /** Minutes. A debt beyond this is forgotten. */
    private static final long MOST_DEBT = 60;

    private long perMinute;
    /** In parts; may be negative. */
    private long level;

    /** Until when it has been filled, ns. */
    private long at;

    /**
     * A full bucket.
     *
     * @param perMinute what it holds, 1 to {@link #MOST}
     * @param now ns
     */
    public TokenBucket(long perMinute, long now) {
        this.perMinute = perMinute;
        this.level = perMinute * MINUTE;
        this.at = now;
    }

    private void fill(long now) {
        long passed = (now - at) / MICRO;
        if (passed <= 0) {
            return; // too little, or a clock that another processor reads a little earlier
        }
        at += passed * MICRO;
        long full = perMinute * MINUTE;
        level = passed > (full - level) / perMinute ? full : level + passed * perMinute;
    }

    /** How long until so much can be taken, ns; 0 when it can now. More than it holds can be taken when it is full. */
    public long waits(long amount, long now) {
        fill(now);
        long wanted = Math.min(amount, perMinute) * MINUTE;
        return level >= wanted ? 0 : nanos(wanted - level);
    }

    private long nanos(long parts) {
        return (parts + perMinute - 1) / perMinute * MICRO;
    }

    /** Takes an amount, into debt if need be; a negative one is given back. */
    public void take(long amount, long now) {
        fill(now);
        long full = perMinute * MINUTE;
        long least = -MOST_DEBT * full;
        long parts = Math.clamp(amount, -MOST, MOST_DEBT * MOST) * MINUTE;
        level = parts >= level - least ? least : Math.min(full, level - parts);
    }

    /** Whole units that can be taken now; 0 in debt. */
    public long left(long now) {
        fill(now);
        return Math.max(0, level) / MINUTE;
    }

    /** How long until it is full again when nothing more is taken, ns. */
    public long untilFull(long now) {
        fill(now);
        return nanos(perMinute * MINUTE - level);
    }

    /** How much of what it holds is used, as a share of it; more than 1 in debt. */
    public double usedShare(long now) {
        fill(now);
        double full = (double) perMinute * MINUTE;
        return (full - level) / full;
    }

    /** Sees to it that no less than this share of what it holds is used. */
    public void useAtLeast(double share, long now) {
        fill(now);
        double full = (double) perMinute * MINUTE;
        level = Math.min(level, (long) (full - Math.clamp(share, 0, MOST_DEBT) * full));
    }

    /** Holds another amount from now on; what has been used stays used. */
    public void resize(long other, long now) {
        fill(now);
        long used = perMinute * MINUTE - level;
        perMinute = other;
        level = Math.max(other * MINUTE - used, -MOST_DEBT * other * MINUTE);
    }

    /** What it holds when it is full. */
    public long perMinute() {
        return perMinute;
    }
}
