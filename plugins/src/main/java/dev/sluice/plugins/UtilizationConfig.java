package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import java.util.List;

/**
 * Parameters of {@code utilization-filter}.
 *
 * @param conditions all must hold for an endpoint to stay
 * @param fallbackOnEmpty true: all stay when none would
 */
public record UtilizationConfig(
        @Doc("What must hold for an endpoint to be kept.") @Range(min = 1)
        List<Condition> conditions,

        @Doc("Keep all endpoints when the conditions leave none.") @Default("false")
        boolean fallbackOnEmpty) {
    /** Copies the conditions. */
    public UtilizationConfig {
        conditions = List.copyOf(conditions);
    }

    /**
     * One limit.
     *
     * @param metric what is limited
     * @param maxValue largest value that is kept
     */
    public record Condition(
            @Doc("What is limited.")
            @OneOf({"active-requests", "running-requests", "waiting-queue", "kv-cache-utilization"})
            String metric,

            @Doc("Largest value with which an endpoint is kept.") @Range(min = 0)
            double maxValue) {}
}
