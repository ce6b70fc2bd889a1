package dev.sluice.core.index;

import org.jspecify.annotations.Nullable;

/** That one slot holds the first blocks of one run. */
final class Hold {
    /** Bytes that a hold costs. */
    static final int COST = 48;

    final Run run;
    final int slot;
    /** Blocks of the run that the slot holds, at least 1 except while it is made. */
    int held;
    /** When it was last touched, as the number of the insert. */
    long stamp;
    /** The next older hold on the same run. Never changes to a newer one, so readers without a lock can't go in circles. */
    @Nullable
    Hold next;

    @Nullable
    Hold newer;

    @Nullable
    Hold older;

    Hold(Run run, int slot, int held, long stamp) {
        this.run = run;
        this.slot = slot;
        this.held = held;
        this.stamp = stamp;
        this.next = run.holds;
    }
}
