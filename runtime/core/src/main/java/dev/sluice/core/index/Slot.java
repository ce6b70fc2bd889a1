package dev.sluice.core.index;

import org.jspecify.annotations.Nullable;

/** What one slot holds, from the newest touched to the oldest. */
final class Slot {
    @Nullable
    Hold newest;

    @Nullable
    Hold oldest;

    int blocks;
    int capacity;

    Slot(int capacity) {
        this.capacity = capacity;
    }

    void unlink(Hold hold) {
        if (hold.newer != null) {
            hold.newer.older = hold.older;
        } else if (newest == hold) {
            newest = hold.older;
        }
        if (hold.older != null) {
            hold.older.newer = hold.newer;
        } else if (oldest == hold) {
            oldest = hold.newer;
        }
        hold.newer = null;
        hold.older = null;
    }

    /** Links a hold in just behind a newer one, or in front of all. */
    void link(Hold hold, @Nullable Hold newer) {
        hold.newer = newer;
        hold.older = newer == null ? newest : newer.older;
        if (hold.older != null) {
            hold.older.newer = hold;
        } else {
            oldest = hold;
        }
        if (newer != null) {
            newer.older = hold;
        } else {
            newest = hold;
        }
    }
}
