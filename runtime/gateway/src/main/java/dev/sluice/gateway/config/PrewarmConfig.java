package dev.sluice.gateway.config;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.time.Duration;
import java.util.OptionalInt;

/** Pods before the requests that need them. */
public record PrewarmConfig(
        @Doc(
                "`dry-run`: forecasts are shown as metrics, and the log says which `min-scale` would be set. `patch`: it is set on the"
                        + " Revision.")
        @Default("dry-run")
        Mode mode,

        @Doc("How far ahead: at least as long as a start takes.") @Default("60s")
        Duration lead,

        @Doc("How long less must be enough before `min-scale` is lowered.") @Default("5m")
        Duration hold,

        @Doc("Pods that are asked for at most, for each revision.") @Default("4") @Range(min = 1, max = 1000)
        int most,

        @Doc(
                "Requests at a time that one pod is meant to hold. Absent: as Knative's autoscaler counts, from the revision's"
                        + " annotations.")
        @Range(min = 1, max = 100000)
        OptionalInt target) {
    /** What is done. */
    public enum Mode {
        /** Nothing; it is said what would be. */
        DRY_RUN,
        /** Revisions are patched. */
        PATCH
    }
}
