package dev.sluice.gateway.config;

import dev.sluice.core.flow.Ceilings;
import dev.sluice.core.flow.FlowSettings;
import dev.sluice.core.flow.SoftReflective;
import java.util.Map;
import java.util.Optional;

/**
 * How requests wait for the pools of a policy.
 *
 * @param settings of the queue
 * @param fixed how full each band may fill the pool; empty: as {@code soft-reflective-ceiling-policy} says, which counts and so is made
 *     anew for each pool
 * @param detector name of the instance that says how full the pool is; empty: by the predicted time to first token
 * @param entry that instance, when no entry under {@code plugins} is it
 * @param ttftMs without a detector, the wait with which the pool is full, ms
 * @param evicts requests of negative priority that run are taken back for others that wait
 * @param shown the section as {@code /config} shows it
 */
public record FlowConfig(
        FlowSettings settings,
        Optional<Ceilings> fixed,
        Optional<String> detector,
        Optional<RoutingConfig.PluginEntry> entry,
        double ttftMs,
        boolean evicts,
        Map<String, Object> shown) {
    /** How full each band may fill a pool. */
    public Ceilings ceilings() {
        return fixed.orElseGet(SoftReflective::new);
    }
}
