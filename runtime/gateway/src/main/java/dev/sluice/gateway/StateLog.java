package dev.sluice.gateway;

import dev.sluice.core.EndpointReport;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Says in the log what becomes of endpoints: each change of a state, with its reason. */
final class StateLog {
    private static final System.Logger LOG = System.getLogger("dev.sluice.endpoints");

    private final Map<String, String> known = new HashMap<>();

    /** Compares with the last look; a new endpoint that has not yet been asked is no news. */
    void look(Iterable<LivePool> pools) {
        Set<String> seen = new HashSet<>();
        for (LivePool pool : pools) {
            for (EndpointReport report : pool.report()) {
                String id = pool.name() + "/" + report.endpoint().id();
                String state = report.status().label() + " (" + report.reason() + ")";
                seen.add(id);
                String before = known.put(id, state);
                boolean news = before == null
                        ? report.dispatched() > 0 || !report.models().isEmpty()
                        : !before.equals(state);
                if (news) {
                    LOG.log(level(report), "{0}: {1}", id, state);
                }
            }
        }
        known.keySet().retainAll(seen);
    }

    private static System.Logger.Level level(EndpointReport report) {
        return switch (report.status()) {
            case READY, SLOW_START, DRAINING, GONE -> System.Logger.Level.INFO;
            case PROBING, EJECTED -> System.Logger.Level.WARNING;
        };
    }
}
