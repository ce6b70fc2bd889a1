package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import java.util.List;

/** The built-in pickers, and what is asked before, beside and after filters and scorers. */
final class OtherTypes {
    static final List<Factory<?>> ALL = List.of(
            Factory.of("max-score-picker", PickerConfig.class, (config, context) -> new MaxScorePicker(config)),
            Factory.of("random-picker", PickerConfig.class, (config, context) -> new RandomPicker(config)),
            Factory.of(
                    "weighted-random-picker",
                    PickerConfig.class,
                    (config, context) -> new WeightedRandomPicker(config)),
            Factory.of("single-profile-handler", NoConfig.class, (config, context) -> new SingleProfileHandler()),
            Factory.of(
                    "header-profile-handler",
                    HeaderProfileConfig.class,
                    (config, context) -> new HeaderProfileHandler(config)),
            Factory.of("approx-prefix-cache-producer", ApproxPrefixCacheConfig.class, ApproxPrefixCacheProducer::new),
            Factory.of(
                    "precise-prefix-cache-producer",
                    PrecisePrefixCacheConfig.class,
                    (config, context) -> new ApproxPrefixCacheProducer(config.published(), context)),
            Factory.of("inflight-load-producer", InflightLoadConfig.class, InflightLoadProducer::new),
            Factory.of("predicted-latency-producer", PredictedLatencyConfig.class, PredictedLatencyProducer::new),
            Factory.of(
                    "core-metrics-extractor",
                    CoreMetricsConfig.class,
                    (config, context) -> new CoreMetricsExtractor(config)),
            Factory.of("probabilistic-admitter", ProbabilisticAdmitterConfig.class, ProbabilisticAdmitter::new),
            Factory.of("latency-slo-admitter", LatencySloAdmitterConfig.class, LatencySloAdmitter::new),
            Factory.of("agent-identity", AgentIdentityConfig.class, (config, context) -> new AgentIdentity(config)),
            Factory.of("session-id-producer", SessionIdConfig.class, (config, context) -> new SessionIds(config)));

    private OtherTypes() {}
}
