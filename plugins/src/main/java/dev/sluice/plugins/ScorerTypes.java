package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.Signal;
import java.util.List;

/** The built-in scorers. */
final class ScorerTypes {
    static final List<Factory<?>> ALL = List.of(
            Factory.of("least-work-scorer", LeastWorkConfig.class, (config, context) -> new LeastWorkScorer(config)),
            Factory.of("queue-scorer", NoConfig.class, (config, context) -> new FewestScorer(Signal.WAITING)),
            Factory.of(
                    "running-requests-size-scorer",
                    NoConfig.class,
                    (config, context) -> new FewestScorer(Signal.RUNNING)),
            Factory.of(
                    "kv-cache-utilization-scorer", NoConfig.class, (config, context) -> new KvCacheUtilizationScorer()),
            Factory.of("load-aware-scorer", LoadAwareConfig.class, (config, context) -> new LoadAwareScorer(config)),
            Factory.of("prefix-cache-scorer", PrefixCacheConfig.class, PrefixCacheScorer::new),
            Factory.of(
                    "precise-prefix-cache-scorer",
                    PrecisePrefixCacheConfig.class,
                    (config, context) -> new PrefixCacheScorer(PrefixMatch.INDEX)),
            Factory.of("active-request-scorer", ActiveRequestConfig.class, ActiveRequestScorer::new),
            Factory.of("token-load-scorer", TokenLoadConfig.class, TokenLoadScorer::new),
            Factory.of("lora-affinity-scorer", NoConfig.class, (config, context) -> new LoraAffinityScorer()),
            Factory.of("no-hit-lru-scorer", NoHitLruConfig.class, NoHitLruScorer::new),
            Factory.of(
                    "context-length-aware",
                    ContextLengthConfig.class,
                    (config, context) -> new ContextLengthAware(config)),
            Factory.of("latency-scorer", LatencyScorerConfig.class, LatencyScorer::new),
            Factory.of(
                    "session-affinity-scorer",
                    SessionAffinityConfig.class,
                    (config, context) -> new SessionAffinityScorer(config)),
            Factory.of(
                    "header-label-affinity-scorer",
                    HeaderLabelConfig.class,
                    (config, context) -> new HeaderLabelAffinityScorer(config)),
            Factory.of("endpoint-attribute-scorer", EndpointAttributeScorerConfig.class, EndpointAttributeScorer::new),
            Factory.of(
                    "topology-affinity-scorer",
                    TopologyScorerConfig.class,
                    (config, context) -> new TopologyAffinityScorer()));

    private ScorerTypes() {}
}
