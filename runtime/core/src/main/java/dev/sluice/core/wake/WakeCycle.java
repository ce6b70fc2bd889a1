package dev.sluice.core.wake;

import dev.sluice.core.discovery.EndpointSource.Rang;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The sleep and the waking of one revision. Whoever needs it asks; one ring at a time goes out, however many ask, and is
 * repeated for as long as somebody waits. Not thread-safe, like all of core; time is an argument, ns.
 *
 * <pre>
 *   AWAKE --(last endpoint gone)--> ASLEEP --asked--> RINGING --answered--> COMING --(endpoint in service)--> AWAKE
 *                                     ^                  | refused, failed, gone, not yet
 *                                     +---- back-off ----+
 * </pre>
 */
public final class WakeCycle {
    private static final long FIRST_PAUSE = Duration.ofMillis(200).toNanos();
    private static final long LONGEST_PAUSE = Duration.ofSeconds(5).toNanos();
    /** An endpoint whose ring was answered and that is not in service by now needs another ring. */
    private static final long COMING = Duration.ofSeconds(10).toNanos();

    /** Where it stands. */
    public enum State {
        /** Some endpoint is in service. */
        AWAKE,
        /** None is, and nobody has asked. */
        ASLEEP,
        /** A ring is out. */
        RINGING,
        /** The ring was answered; its endpoint is being asked what it serves. */
        COMING,
        /** A ring failed; the next goes out when the pause is over and somebody still waits. */
        PAUSED;

        /** The name on the admin port. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How a waking ended. */
    public enum End {
        /** An endpoint came into service. */
        WOKEN,
        /** Nobody waits any more, and none did. */
        GIVEN_UP;

        /** The value of label {@code outcome}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final StartTimes times;
    private State state = State.AWAKE;
    private long begun = Long.MIN_VALUE;
    private long since;
    private long pause = FIRST_PAUSE;
    private long next;

    /** @param times of earlier starts, of this revision or of the ones before it */
    public WakeCycle(StartTimes times) {
        this.times = times;
    }

    /** Where it stands. */
    public State state() {
        return state;
    }

    /**
     * What is seen of it now; to be called some times a second.
     *
     * @param serving endpoints in service
     * @param waited for by somebody
     * @return how a waking has ended by this; empty when none has
     */
    public Optional<End> look(int serving, boolean waited, long now) {
        if (serving > 0) {
            boolean woken = begun != Long.MIN_VALUE;
            if (woken) {
                times.took(Duration.ofNanos(now - begun));
            }
            begun = Long.MIN_VALUE;
            state = State.AWAKE;
            pause = FIRST_PAUSE;
            return woken ? Optional.of(End.WOKEN) : Optional.empty();
        }
        if (state == State.AWAKE) {
            state = State.ASLEEP;
        }
        if (state == State.COMING && now - since > COMING) {
            state = State.PAUSED;
            next = now;
        }
        if (state == State.PAUSED && !waited) {
            state = State.ASLEEP;
            begun = Long.MIN_VALUE;
            return Optional.of(End.GIVEN_UP);
        }
        return Optional.empty();
    }

    /** Somebody needs it now. True when a ring must go out; exactly one caller is told so. */
    public boolean ask(long now) {
        boolean due = state == State.ASLEEP || (state == State.PAUSED && now >= next);
        if (!due) {
            return false;
        }
        if (begun == Long.MIN_VALUE) {
            begun = now;
        }
        state = State.RINGING;
        since = now;
        return true;
    }

    /** A ring has ended so. */
    public void rang(Rang how, long now) {
        if (state != State.RINGING) {
            return;
        }
        switch (how) {
            case ANSWERED -> {
                state = State.COMING;
                since = now;
                pause = FIRST_PAUSE;
            }
            case NOT_YET -> {
                state = State.PAUSED;
                next = now;
            }
            case REFUSED, GONE, FAILED -> {
                state = State.PAUSED;
                next = now + pause;
                pause = Math.min(2 * pause, LONGEST_PAUSE);
            }
        }
    }

    /** How long until an endpoint is in service, ns, when it is asked for now; empty when that was never seen. */
    public OptionalLong eta(long now) {
        return state == State.AWAKE ? OptionalLong.of(0) : times.left(begun == Long.MIN_VALUE ? 0 : now - begun);
    }
}
