package dev.sluice.core;

import dev.sluice.spi.Role;
import dev.sluice.spi.SaturationDetector;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What a detector says of a whole pool. Endpoints that compute prompts and those that generate are asked about apart, and the higher
 * of both counts, as in llm-d: a pool is full when either side is. An endpoint that does both is on both sides. Only endpoints in service
 * count.
 */
public final class PoolSaturation {
    private static final RoutingRequest NOBODY = new RoutingRequest(
            "", "", "", "", name -> Optional.empty(), Optional.empty(), 0, 1, 0, 1, 1, false, () -> "");

    private PoolSaturation() {}

    /** Asks the detector, which may throw. */
    public static double of(SaturationDetector detector, Snapshot snapshot) {
        Placement placement = new Placement(NOBODY, snapshot, new int[0], "", Set.of(), Set.of(), 0);
        int[] computing = rows(snapshot, Links::prefills);
        int[] serving = rows(snapshot, Links::decodes);
        if (computing.length == 0 || Arrays.equals(computing, serving)) {
            return detector.saturation(new CandidateSet(placement, serving));
        }
        double computes = detector.saturation(new CandidateSet(placement, computing));
        double serves = detector.saturation(new CandidateSet(placement, serving));
        return Double.isNaN(computes) ? serves : Double.isNaN(serves) ? computes : Math.max(computes, serves);
    }

    private static int[] rows(Snapshot snapshot, Predicate<Role> side) {
        int[] rows = new int[snapshot.size()];
        int n = 0;
        for (int row = 0; row < rows.length; row++) {
            EndpointStatus status = snapshot.status(row);
            boolean serving = status == EndpointStatus.READY || status == EndpointStatus.SLOW_START;
            if (serving && side.test(snapshot.endpoint(row).role())) {
                rows[n++] = row;
            }
        }
        return Arrays.copyOf(rows, n);
    }
}
