package dev.sluice.gateway;

import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * KV blocks that the prefill engines of a pool keep for somebody to fetch. A lease is expected from the moment that a prefill is
 * sent, and there once that has answered. It ends in one of three ways: it was fetched, it was released by us, or its time on the
 * engine was over. No block is pinned through us that is not counted here.
 */
final class KvLeases {
    /** Where a lease stands. */
    enum State {
        /** The prefill has not answered: nothing is kept yet. */
        EXPECTED,
        /** An exchange is about to have it fetched. */
        HELD,
        /** Nobody will fetch it: the engine gives it up when its time is over. */
        LEFT,
        /** A prefill was cut before its answer: the engine has given it up, unless it had just ended. */
        UNSURE
    }

    /** How leases end. */
    enum End {
        FETCHED,
        RELEASED,
        EXPIRED
    }

    /** One prefill's blocks. */
    static final class Lease {
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
    Lease expect(long nanos) {
        return new Lease(nanos);
    }

    /** The prefill has answered: the blocks are kept from now on. */
    synchronized void pinned(Lease lease) {
        if (!lease.over && lease.nanos > 0) {
            begin(lease, lease.left ? State.LEFT : State.HELD);
        }
    }

    private void begin(Lease lease, State state) {
        lease.state = state;
        lease.until = System.nanoTime() + lease.nanos;
        open.add(lease);
    }

    /** The prefill was cut before it had answered. */
    synchronized void cut(Lease lease) {
        if (!lease.over && lease.nanos > 0) {
            begin(lease, State.UNSURE);
        }
    }

    /** It was fetched or released. The first end counts, and only of blocks that were kept. */
    synchronized void end(Lease lease, End how) {
        lease.over = true;
        if (open.remove(lease)) {
            ends.merge(how, 1L, Long::sum);
        }
    }

    /** Nobody will fetch it. */
    synchronized void leave(Lease lease) {
        lease.left = true;
        if (open.contains(lease)) {
            lease.state = State.LEFT;
        }
    }

    /** Whether it can still be fetched, and for so many ns to come; what keeps no blocks always can. */
    synchronized boolean lasts(Lease lease, long nanos) {
        return lease.nanos == 0 || (open.contains(lease) && lease.until - System.nanoTime() > nanos);
    }

    /** Ends those whose time is over. */
    synchronized void expire() {
        long now = System.nanoTime();
        for (Iterator<Lease> all = open.iterator(); all.hasNext(); ) {
            Lease lease = all.next();
            if (now - lease.until >= 0) {
                lease.over = true;
                all.remove();
                ends.merge(End.EXPIRED, 1L, Long::sum);
            }
        }
    }

    /** How many stand like this. */
    synchronized int count(State state) {
        int n = 0;
        for (Lease lease : open) {
            n += lease.state == state ? 1 : 0;
        }
        return n;
    }

    /** How many ended like this. */
    synchronized long ended(End how) {
        return ends.getOrDefault(how, 0L);
    }
}
