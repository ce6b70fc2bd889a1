package dev.sluice.gateway;

import dev.sluice.core.Leases;

/** The leases of a live pool: core's, with a clock, for all threads. */
final class KvLeases {
    private final Leases leases = new Leases();

    /** A prefill is sent whose engine will keep its blocks for so many ns; 0 when it keeps none. */
    synchronized Leases.Lease expect(long nanos) {
        return leases.expect(nanos);
    }

    /** The prefill has answered: the blocks are kept from now on. */
    synchronized void pinned(Leases.Lease lease) {
        leases.pinned(lease, System.nanoTime());
    }

    /** The prefill was closed, or broke, before its answer was here. */
    synchronized void cut(Leases.Lease lease) {
        leases.cut(lease, System.nanoTime());
    }

    /** It was fetched or released. */
    synchronized void end(Leases.Lease lease, Leases.End how) {
        leases.end(lease, how);
    }

    /** Nobody will fetch it. */
    synchronized void leave(Leases.Lease lease) {
        leases.leave(lease, System.nanoTime());
    }

    /** Whether it can still be fetched, and for so many ns to come; what keeps no blocks always can. */
    synchronized boolean lasts(Leases.Lease lease, long nanos) {
        return leases.lasts(lease, nanos, System.nanoTime());
    }

    /** Ends those that nobody holds and whose time is over. */
    synchronized void expire() {
        leases.expire(System.nanoTime());
    }

    /** How many stand like this. */
    synchronized int count(Leases.State state) {
        return leases.count(state);
    }

    /** How many ended like this. */
    synchronized long ended(Leases.End how) {
        return leases.ended(how);
    }
}
