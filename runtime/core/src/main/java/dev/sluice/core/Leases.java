package dev.sluice.core;

import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * KV blocks that prefill engines keep for somebody to fetch. A lease is expected from the moment that a prefill is sent, and there
 * once that has answered. It ends in one of three ways: it was fetched, it was released by us, or its time on the engine is over.
 * No block is pinned through us that is not counted here. While an exchange holds a lease it does not run out: a decode engine
 * that waits for a place keeps it alive. Times are ns of a clock that never goes back. Not thread-safe, like all of core.
 */
public final class Leases {
    /** Where a lease stands. */
    public enum State {
        /** The prefill has not answered: nothing is kept yet. */
        EXPECTED,
        /** An exchange is about to have it fetched. */
        HELD,
        /** Nobody will fetch it: the engine gives it up when its time is over. */
        LEFT,
        /** A prefill was cut before its answer: the engine has given it up, unless it had just ended. */
        UNSURE;

        private final String label = name().toLowerCase(Locale.ROOT);

        /** The name in metrics. */
        public String label() {
            return label;
        }
    }

    /** How leases end. */
    public enum End {
        FETCHED,
        RELEASED,
        EXPIRED;

        private final String label = name().toLowerCase(Locale.ROOT);

        /** The name in metrics. */
        public String label() {
            return label;
        }
    }

    /** One prefill's blocks. */
    public static final class Lease {
        private final long nanos;
        private State state = State.EXPECTED;
        private long until;
        private boolean over;
        private boolean left;

        private Lease(long nanos) {
            this.nanos = nanos;
        }
    }

    private final Set<Lease> open = new LinkedHashSet<>();
    private final Map<End, Long> ends = new EnumMap<>(End.class);

    /** A prefill is sent whose engine will keep its blocks for so many ns; 0 when it keeps none. */
    public Lease expect(long nanos) {
        return new Lease(nanos);
    }

    /** The prefill has answered: the blocks are kept from now on. */
    public void pinned(Lease lease, long now) {
        if (!lease.over && lease.nanos > 0) {
            begin(lease, lease.left ? State.LEFT : State.HELD, now);
        }
    }

    private void begin(Lease lease, State state, long now) {
        lease.state = state;
        lease.until = now + lease.nanos;
        open.add(lease);
    }

    /** The prefill was closed, or broke, before its answer was here: its engine may have ended it just before. */
    public void cut(Lease lease, long now) {
        if (!lease.over && lease.nanos > 0) {
            begin(lease, State.UNSURE, now);
        }
    }

    /** It was fetched or released. The first end counts, and only of blocks that were kept. */
    public void end(Lease lease, End how) {
        lease.over = true;
        if (open.remove(lease)) {
            ends.merge(how, 1L, Long::sum);
        }
    }

    /** Nobody will fetch it. Whoever was to may have kept it alive until now. */
    public void leave(Lease lease, long now) {
        lease.left = true;
        if (open.contains(lease)) {
            lease.state = State.LEFT;
            lease.until = now + lease.nanos;
        }
    }

    /** Whether it can still be fetched, and for so many ns to come; what keeps no blocks always can. */
    public boolean lasts(Lease lease, long nanos, long now) {
        return lease.nanos == 0 || (open.contains(lease) && lease.until - now > nanos);
    }

    /** Whether blocks may be kept by it. */
    public boolean open(Lease lease) {
        return open.contains(lease);
    }

    /** Ends those that nobody holds and whose time is over. */
    public void expire(long now) {
        for (Iterator<Lease> all = open.iterator(); all.hasNext(); ) {
            Lease lease = all.next();
            if (lease.state != State.HELD && now - lease.until >= 0) {
                lease.over = true;
                all.remove();
                ends.merge(End.EXPIRED, 1L, Long::sum);
            }
        }
    }

    /** How many stand like this. */
    public int count(State state) {
        int n = 0;
        for (Lease lease : open) {
            n += lease.state == state ? 1 : 0;
        }
        return n;
    }

    /** How many ended like this. */
    public long ended(End how) {
        return ends.getOrDefault(how, 0L);
    }
}
