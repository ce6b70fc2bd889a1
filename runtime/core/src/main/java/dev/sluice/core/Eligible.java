package dev.sluice.core;

import java.util.Arrays;
import java.util.Set;

/** Which rows of a placement may be considered at all, before a policy is asked. */
final class Eligible {
    private Eligible() {}

    /** Rows that may serve: in service and with room; when none is in service, those that might be. */
    static int[] toServe(Placement placement) {
        Snapshot s = placement.snapshot();
        int[] rows = new int[s.size()];
        int n = 0;
        for (int row = 0; row < rows.length; row++) {
            if (inService(s, row) && !s.full(row) && permitted(placement, row, placement.excluded())) {
                rows[n++] = row;
            }
        }
        if (n == 0 && !anyInService(placement)) {
            for (int row = 0; row < rows.length; row++) {
                if (s.status(row) == EndpointStatus.EJECTED
                        && !s.full(row)
                        && permitted(placement, row, placement.excluded())) {
                    rows[n++] = row;
                }
            }
        }
        return Arrays.copyOf(rows, n);
    }

    /** Rows that may compute the prompt for another: in service and with room, and no others. */
    static int[] toPrefill(Placement placement) {
        Snapshot s = placement.snapshot();
        int[] rows = new int[s.size()];
        int n = 0;
        for (int row = 0; row < rows.length; row++) {
            if (inService(s, row)
                    && !s.full(row)
                    && Links.prefills(s.endpoint(row).role())
                    && permitted(placement, row, placement.splitting().excluded())) {
                rows[n++] = row;
            }
        }
        return Arrays.copyOf(rows, n);
    }

    /** Whether an endpoint may hand out what it has cached: it answers, and may know of this request. */
    static boolean hands(Placement placement, int row) {
        Snapshot s = placement.snapshot();
        return (inService(s, row) || s.status(row) == EndpointStatus.DRAINING)
                && permitted(placement, row, placement.excluded());
    }

    /** Whether some endpoint is in service that could serve, if it had room. */
    static boolean anyInService(Placement placement) {
        Snapshot s = placement.snapshot();
        for (int row = 0; row < s.size(); row++) {
            if (inService(s, row) && permitted(placement, row, placement.excluded()) && serves(s, row)) {
                return true;
            }
        }
        return false;
    }

    /** Whether an endpoint can serve a request to its end. */
    static boolean serves(Snapshot s, int row) {
        return Links.decodes(s.endpoint(row).role());
    }

    private static boolean inService(Snapshot s, int row) {
        return s.status(row) == EndpointStatus.READY || s.status(row) == EndpointStatus.SLOW_START;
    }

    private static boolean permitted(Placement placement, int row, Set<String> excluded) {
        String id = placement.snapshot().endpoint(row).id();
        return (placement.allowed().isEmpty() || placement.allowed().contains(id)) && !excluded.contains(id);
    }
}
