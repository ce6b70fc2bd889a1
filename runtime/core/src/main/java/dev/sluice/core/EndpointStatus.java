package dev.sluice.core;

import java.util.Locale;

/** Where an endpoint stands in its life. */
public enum EndpointStatus {
    /** Not yet known to answer; gets no traffic unless nothing better is there. */
    PROBING,
    /** In normal service. */
    READY,
    /** In service, with a share that grows, because it is cold. */
    SLOW_START,
    /** Taken out because it failed; comes back by a half-open probe. */
    EJECTED,
    /** Finishes what it has, gets nothing new. */
    DRAINING,
    /** Removed; kept only until its last request has ended. */
    GONE;

    /** The name in metrics and on the admin port. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
