package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.Part;
import dev.sluice.spi.Plugin;
import dev.sluice.spi.Signal;
import java.util.List;

/** Everything that comes with the gateway, offered the way a third party's jar offers its own. */
public final class BuiltInPlugin implements Plugin {
    @Override
    public String id() {
        return "built-in";
    }

    @Override
    public List<Factory<?>> factories() {
        return List.of(
                Factory.of(
                        "label-selector-filter",
                        LabelSelector.class,
                        (config, context) -> new LabelSelectorFilter(config)),
                Factory.of("decode-filter", NoConfig.class, (config, context) -> RoleFilter.decode()),
                Factory.of("prefill-filter", NoConfig.class, (config, context) -> RoleFilter.prefill()),
                Factory.of(
                        "least-work-scorer", LeastWorkConfig.class, (config, context) -> new LeastWorkScorer(config)),
                Factory.of("queue-scorer", NoConfig.class, (config, context) -> new FewestScorer(Signal.WAITING)),
                Factory.of(
                        "running-requests-size-scorer",
                        NoConfig.class,
                        (config, context) -> new FewestScorer(Signal.RUNNING)),
                Factory.of(
                        "kv-cache-utilization-scorer",
                        NoConfig.class,
                        (config, context) -> new KvCacheUtilizationScorer()),
                Factory.of(
                        "load-aware-scorer", LoadAwareConfig.class, (config, context) -> new LoadAwareScorer(config)),
                Factory.of(
                        "prefix-cache-scorer",
                        PrefixCacheConfig.class,
                        (config, context) -> new PrefixCacheScorer(config)),
                Factory.of(
                        "active-request-scorer",
                        ActiveRequestConfig.class,
                        (config, context) -> new ActiveRequestScorer(config)),
                Factory.of(
                        "token-load-scorer", TokenLoadConfig.class, (config, context) -> new TokenLoadScorer(config)),
                Factory.of(
                        "session-affinity-scorer",
                        SessionAffinityConfig.class,
                        (config, context) -> new SessionAffinityScorer()),
                Factory.of("max-score-picker", PickerConfig.class, (config, context) -> new MaxScorePicker(config)),
                Factory.of("random-picker", PickerConfig.class, (config, context) -> new RandomPicker(config)),
                Factory.of("single-profile-handler", NoConfig.class, (config, context) -> new SingleProfileHandler()),
                Factory.of("disagg-profile-handler", DisaggConfig.class, DisaggHandler::of),
                Factory.of("pd-profile-handler", PdConfig.class, DisaggHandler::of),
                Factory.of("always-disagg-pd-decider", NoConfig.class, (config, context) -> new AlwaysDecider()),
                Factory.of(
                        "prefix-based-pd-decider",
                        PrefixDeciderConfig.class,
                        (config, context) -> new PrefixDecider(config)),
                Factory.of(
                        "least-work-pd-decider",
                        LeastWorkDeciderConfig.class,
                        (config, context) -> new LeastWorkDecider(config)),
                Factory.of("nixl", NixlConfig.class, (config, context) -> new NixlConnector(config)),
                Factory.of(
                        "shared-storage", NoConfig.class, (config, context) -> new SharedStorageConnector(true, false)),
                Factory.of("offloading", OffloadingConfig.class, (config, context) -> new OffloadingConnector(config)),
                Factory.of("lmcache", LmCacheConfig.class, (config, context) -> lmCache(config)),
                Factory.of("mooncake", MooncakeConfig.class, (config, context) -> new MooncakeConnector(config)),
                Factory.of("sglang", SglangConfig.class, (config, context) -> new SglangConnector(config)),
                Factory.of("sidecar", NoConfig.class, (config, context) -> new SidecarConnector()));
    }

    private static Part lmCache(LmCacheConfig config) {
        return config.mode().equals("handoff") ? new LmCacheHandoff(config) : new SharedStorageConnector(false, true);
    }
}
