package dev.sluice.gateway.plugin;

/**
 * Decides whether an instance is asked at all. It opens after 5 faults in 10 s, after 5 late calls in a row, and when a
 * fifth of at least 5 calls in 10 s was late; then nobody waits for the instance. After 5 s one call is let through: if
 * that goes well the breaker closes, else it stays open twice as long, up to a minute. Times in ns of any one clock.
 */
final class Breaker {
    private static final long WINDOW = 10_000_000_000L;
    private static final long SHORTEST = 5_000_000_000L;
    private static final long LONGEST = 60_000_000_000L;
    private static final int ENOUGH = 5;
    private static final double LATE_SHARE = 0.2;

    /** Whether calls pass. */
    enum State {
        CLOSED,
        HALF_OPEN,
        OPEN
    }

    private State state = State.CLOSED;
    private long windowBegan;
    private int calls;
    private int faults;
    private int late;
    private int lateInARow;
    private long retryAt;
    private long pause = SHORTEST;
    private String last = "";

    Breaker(long now) {
        windowBegan = now;
    }

    /** True when a call may be made; while half open, for one caller only. */
    synchronized boolean admits(long now) {
        if (state == State.CLOSED) {
            return true;
        } else if (state == State.OPEN && now - retryAt >= 0) {
            state = State.HALF_OPEN;
            return true;
        }
        return false;
    }

    synchronized void good(long now) {
        roll(now);
        calls++;
        lateInARow = 0;
        if (state == State.HALF_OPEN) {
            state = State.CLOSED;
            pause = SHORTEST;
            faults = 0;
            late = 0;
        }
    }

    synchronized void fault(long now, String what) {
        roll(now);
        calls++;
        faults++;
        last = what;
        judge(now, faults >= ENOUGH);
    }

    synchronized void late(long now, String what) {
        roll(now);
        calls++;
        late++;
        lateInARow++;
        last = what;
        judge(now, lateInARow >= ENOUGH || (late >= ENOUGH && late >= LATE_SHARE * calls));
    }

    /** A call that was let through did not come to run, for a reason that is not the instance's. */
    synchronized void notAsked(long now) {
        if (state == State.HALF_OPEN) {
            state = State.OPEN;
            retryAt = now;
        }
    }

    private void judge(long now, boolean tooMuch) {
        if (state == State.HALF_OPEN) {
            pause = Math.min(LONGEST, pause * 2);
        } else if (state == State.OPEN || !tooMuch) {
            return;
        }
        state = State.OPEN;
        retryAt = now + pause;
        lateInARow = 0;
    }

    private void roll(long now) {
        if (now - windowBegan > WINDOW) {
            windowBegan = now;
            calls = 0;
            faults = 0;
            late = 0;
        }
    }

    synchronized State state() {
        return state;
    }

    /** What went wrong last; empty when nothing did. */
    synchronized String last() {
        return last;
    }
}
