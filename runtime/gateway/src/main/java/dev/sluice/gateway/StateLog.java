package dev.sluice.gateway;

import dev.sluice.core.EndpointReport;

/** Says in the log what becomes of endpoints: each change of a state, with its reason. */
final class StateLog {
    private static final System.Logger LOG = System.getLogger("dev.sluice.endpoints");

    private StateLog() {}

    /** What has changed since the last time. */
    static void tell(LivePool pool) {
        for (EndpointReport report : pool.news()) {
            LOG.log(
                    level(report),
                    "{0}/{1}: {2} ({3})",
                    pool.name(),
                    report.endpoint().id(),
                    report.status().label(),
                    report.reason());
        }
    }

    private static System.Logger.Level level(EndpointReport report) {
        return switch (report.status()) {
            case READY, SLOW_START, DRAINING, GONE -> System.Logger.Level.INFO;
            case PROBING, EJECTED -> System.Logger.Level.WARNING;
        };
    }
}
