package dev.sluice.gateway.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** The meters of one plugin instance at one point of the decision. */
public final class PluginMeter {
    private final Timer duration;
    private final FewCounters calls;

    PluginMeter(MeterRegistry registry, String point, String type, String name) {
        Tags tags = Tags.of("point", point, "type", type, "name", name);
        this.duration = Timer.builder("sluice.plugin.duration")
                .description("Time of one call of a plugin; of the gateway's own, every sixteenth")
                .serviceLevelObjectives(Buckets.OWN)
                .tags(tags)
                .register(registry);
        this.calls = new FewCounters((ignored, outcome) -> Counter.builder("sluice.plugin.calls")
                .description(
                        "Calls of a plugin by outcome: ok or clamped, or why it had no vote: fault, timeout, busy, open, off")
                .tags(tags.and("outcome", outcome))
                .register(registry));
    }

    /** One call with this outcome, one of a small set. */
    public void count(String outcome) {
        calls.get(0, outcome).increment();
    }

    /** One call took so long. */
    public void time(long nanos) {
        duration.record(nanos, TimeUnit.NANOSECONDS);
    }

    void fault() {
        calls.get(0, "fault").increment();
    }
}
