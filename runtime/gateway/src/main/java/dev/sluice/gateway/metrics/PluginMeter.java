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
                .description("Time of one call of a plugin")
                .serviceLevelObjectives(Buckets.OWN)
                .tags(tags)
                .register(registry);
        this.calls = new FewCounters((ignored, outcome) -> Counter.builder("sluice.plugin.calls")
                .description("Calls of a plugin by outcome: ok, fault (it lost its vote), ...")
                .tags(tags.and("outcome", outcome))
                .register(registry));
    }

    /** One call of so many ns with {@code ok}, {@code fault}, {@code timeout} or another outcome of a small set. */
    public void called(String outcome, long nanos) {
        calls.get(0, outcome).increment();
        duration.record(nanos, TimeUnit.NANOSECONDS);
    }

    void fault() {
        calls.get(0, "fault").increment();
    }
}
