package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.Part;
import java.util.List;

/** The built-in parts for requests that two engines serve: who decides, and how KV moves. */
final class SplitTypes {
    static final List<Factory<?>> ALL = List.of(
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
            Factory.of("p2p-source-producer", P2pSourceConfig.class, (config, context) -> new P2pSource(config)),
            Factory.of("nixl", NixlConfig.class, (config, context) -> new NixlConnector(config)),
            Factory.of("shared-storage", NoConfig.class, (config, context) -> new SharedStorageConnector(true, false)),
            Factory.of("offloading", OffloadingConfig.class, (config, context) -> new OffloadingConnector(config)),
            Factory.of("lmcache", LmCacheConfig.class, (config, context) -> lmCache(config)),
            Factory.of("mooncake", MooncakeConfig.class, (config, context) -> new MooncakeConnector(config)),
            Factory.of("sglang", SglangConfig.class, (config, context) -> new SglangConnector(config)),
            Factory.of("sidecar", NoConfig.class, (config, context) -> new SidecarConnector()));

    private SplitTypes() {}

    private static Part lmCache(LmCacheConfig config) {
        return config.mode().equals("handoff") ? new LmCacheHandoff(config) : new SharedStorageConnector(false, true);
    }
}
