package dev.sluice.core.quota;

import java.util.Set;

/**
 * How a replica stands among those that share tenants' limits.
 *
 * @param heard the last round of ours that all who are there have heard
 * @param heardByAll the last that all have heard, those that have fallen silent included
 * @param present others that are there
 * @param known those and the ones that have fallen silent, as long as that can be a partition
 * @param all replicas that a limit is shared out to, this one included: those that are there, and those silent for less than a minute
 */
public record Share(long heard, long heardByAll, Set<Long> present, Set<Long> known, int all) {
    /** Nobody shares with us. */
    public static final Share ALONE = new Share(Long.MAX_VALUE, Long.MAX_VALUE, Set.of(), Set.of(), 1);

    /** Replicas that are there, this one included. */
    int there() {
        return present.size() + 1;
    }
}
