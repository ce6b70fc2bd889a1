package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import java.util.List;

/** The built-in filters. */
final class FilterTypes {
    static final List<Factory<?>> ALL = List.of(
            Factory.of(
                    "label-selector-filter", LabelSelector.class, (config, context) -> new LabelSelectorFilter(config)),
            Factory.of("decode-filter", NoConfig.class, (config, context) -> RoleFilter.decode()),
            Factory.of("prefill-filter", NoConfig.class, (config, context) -> RoleFilter.prefill()),
            Factory.of("encode-filter", NoConfig.class, (config, context) -> RoleFilter.encode()),
            Factory.of("by-label", ByLabel.Config.class, (config, context) -> new ByLabel(config)),
            Factory.of(
                    "session-affinity-filter",
                    SessionAffinityConfig.class,
                    (config, context) -> new SessionAffinityFilter(config)),
            Factory.of("prefix-cache-affinity-filter", PrefixCacheAffinityConfig.class, PrefixCacheAffinityFilter::new),
            Factory.of(
                    "utilization-filter", UtilizationConfig.class, (config, context) -> new UtilizationFilter(config)),
            Factory.of("endpoint-attribute-filter", EndpointAttributeFilterConfig.class, EndpointAttributeFilter::new),
            Factory.of(
                    "topology-affinity-filter",
                    TopologyConfig.class,
                    (config, context) -> new TopologyAffinityFilter(config)),
            Factory.of("slo-headroom-tier-filter", SloHeadroomTierConfig.class, SloHeadroomTierFilter::new),
            Factory.of(
                    "utilization-detector",
                    UtilizationDetectorConfig.class,
                    (config, context) -> new UtilizationDetector(config)),
            Factory.of("concurrency-detector", ConcurrencyDetectorConfig.class, ConcurrencyDetector::new));

    private FilterTypes() {}
}
