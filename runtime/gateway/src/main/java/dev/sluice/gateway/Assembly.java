package dev.sluice.gateway;

import dev.sluice.core.PoolSettings;
import dev.sluice.core.discovery.Picture;
import dev.sluice.core.flow.AdmissionQueue;
import dev.sluice.core.index.PrefixIndex;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.DefaultRouting;
import dev.sluice.gateway.config.Discovery;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.PluginsConfig;
import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.gateway.config.RoutingConfig;
import dev.sluice.gateway.config.SecretText;
import dev.sluice.gateway.engine.EngineTarget;
import dev.sluice.gateway.http.Loop;
import dev.sluice.gateway.http.PoolLimits;
import dev.sluice.gateway.http.UpstreamPool;
import dev.sluice.gateway.kv.KvEndpoint;
import dev.sluice.gateway.metrics.Meters;
import dev.sluice.gateway.plugin.PluginGuard;
import dev.sluice.gateway.plugin.PluginWorkers;
import dev.sluice.spi.Connector;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The pools of a configuration. A reload builds a new assembly aside: pools whose name stays keep their state (ledger,
 * index, learned rates) when only endpoints, policy or limits changed.
 */
final class Assembly {
    private static final int INDEX_SLOTS = 1024;
    private static final int INDEX_CAPACITY = 25_000;
    private static final long INDEX_BYTES = 64L << 20;
    private static final AdmissionQueue.Bounds QUEUE = new AdmissionQueue.Bounds(1024, 256L << 20);

    final Map<String, LivePool> pools = new LinkedHashMap<>();
    private final Map<String, PoolEngines> engines = new LinkedHashMap<>();
    private final Map<String, PoolSettings> settings = new LinkedHashMap<>();
    private final EngineTrust trust;
    final List<RoutingTable.PoolEntry> entries = new ArrayList<>();
    private final Meters meters;
    final Map<String, Pipeline> pipelines = new LinkedHashMap<>();
    private final Map<String, Handovers> handovers = new LinkedHashMap<>();
    private final Map<String, PoolConfig> configs = new LinkedHashMap<>();

    private Assembly(EngineTrust trust, Meters meters) {
        this.trust = trust;
        this.meters = meters;
    }

    /**
     * Builds the pools.
     *
     * @param before the assembly in force; nothing of it is changed until {@link #apply}
     * @throws dev.sluice.spi.ConfigException when a policy can't be built
     */
    static Assembly build(
            GatewayConfig config,
            Catalog catalog,
            Meters meters,
            Loop loop,
            PluginWorkers workers,
            Optional<Assembly> before) {
        Assembly next = new Assembly(before.map(b -> b.trust).orElseGet(EngineTrust::new), meters);
        try {
            next.fill(config, catalog, loop, workers, before);
            return next;
        } catch (RuntimeException refused) {
            next.pipelines.values().forEach(Pipeline::retire);
            throw refused;
        }
    }

    private void fill(
            GatewayConfig config, Catalog catalog, Loop loop, PluginWorkers workers, Optional<Assembly> before) {
        PluginGuard guard = new PluginGuard(
                config.plugins().map(PluginsConfig::budget).orElse(PluginsConfig.BUDGET), meters, workers);
        workers.plugins(catalog.loaded().size());
        RoutingConfig builtIn = DefaultRouting.of(catalog);
        RoutingConfig builtInSplit = DefaultRouting.split(catalog);
        for (PoolConfig pool : config.pools()) {
            RoutingConfig routing = config.routingOf(pool);
            boolean moves = pool.connector().maker().isPresent();
            RoutingConfig used = routing.builtIn() ? (moves ? builtInSplit : builtIn) : routing;
            Pipeline pipeline =
                    PolicyBuilder.build(pool.routing().orElse("default"), used, pool.connector(), catalog, guard);
            pipelines.put(pool.name(), pipeline);
            pipeline.connector()
                    .ifPresent(connector -> handovers.put(
                            pool.name(),
                            new Handovers(
                                    connector,
                                    before.flatMap(b -> Optional.ofNullable(b.handovers.get(pool.name()))))));
            PoolSettings told = settings(pool, pipeline);
            Optional<LivePool> kept = before.flatMap(b -> Optional.ofNullable(b.pools.get(pool.name())));
            LivePool live = kept.orElseGet(() -> new LivePool(
                    told,
                    new PrefixIndex(INDEX_SLOTS, INDEX_CAPACITY, INDEX_BYTES),
                    QUEUE,
                    pipeline,
                    meters::pluginFault,
                    new Upstreams(way -> open(way, loop))));
            PoolEngines old = before.map(b -> b.engines(pool.name())).orElse(PoolEngines.NONE);
            List<PoolSource.Listed> now = PoolSource.endpoints(pool, old.listed());
            pools.put(pool.name(), live);
            configs.put(pool.name(), pool);
            settings.put(pool.name(), told);
            engines.put(pool.name(), PoolEngines.of(pool, now, trust));
            entries.add(entry(pool, live));
        }
    }

    private PoolEngines engines(String pool) {
        return engines.getOrDefault(pool, PoolEngines.NONE);
    }

    /** Engines of a pool that publish KV events. */
    List<KvEndpoint> kvEndpoints(String pool) {
        return engines(pool).listed().stream()
                .flatMap(listed -> listed.kv().stream())
                .toList();
    }

    /** All engines to watch. */
    List<EngineTarget> targets() {
        return engines.values().stream()
                .flatMap(each -> each.targets().stream())
                .toList();
    }

    /** Those of one pool. */
    List<EngineTarget> targets(String pool) {
        return engines(pool).targets();
    }

    /** A search has news of a pool: its endpoints are these now. False when this is no pool of such a kind. */
    boolean found(String name, Picture picture) {
        PoolConfig pool = configs.get(name);
        LivePool live = pools.get(name);
        if (pool == null
                || live == null
                || pool.discovery().flatMap(Discovery::wanted).isEmpty()) {
            return false;
        }
        PoolEngines now = engines(name).changed(pool, PoolSource.found(pool, picture.found()), trust);
        engines.put(name, now);
        // The way first: a request may be placed as soon as an endpoint is listed.
        live.upstreams().endpoints(now.ways());
        live.found(picture);
        tokenize(name, live);
        return true;
    }

    private void tokenize(String name, LivePool live) {
        live.tokenizing(new LivePool.Tokenizing(targets(name), meters::promptTokens));
    }

    /** Puts policies, limits and endpoints into force. */
    void apply() {
        pools.forEach((name, pool) -> {
            Pipeline pipeline = pipelines.get(name);
            if (pipeline != null) {
                pool.pipeline(pipeline);
            }
            Optional.ofNullable(settings.get(name)).ifPresent(pool::configure);
            pool.handovers(Optional.ofNullable(handovers.get(name)));
            pool.endpoints(engines(name).listed().stream()
                    .map(PoolSource.Listed::endpoint)
                    .toList());
            tokenize(name, pool);
            pool.upstreams().endpoints(engines(name).ways());
        });
    }

    private static RoutingTable.PoolEntry entry(PoolConfig pool, LivePool live) {
        PoolConfig.Timeouts t = pool.timeouts();
        return new RoutingTable.PoolEntry(
                live,
                pool.models().names(),
                pool.adapters().discover(),
                Set.copyOf(pool.adapters().names()),
                new RoutingTable.Limits(
                        t.firstByte().toNanos(),
                        t.prefill().toNanos(),
                        t.idle().toNanos(),
                        t.total().toNanos(),
                        pool.credential().map(SecretText::value)));
    }

    private static PoolSettings settings(PoolConfig pool, Pipeline pipeline) {
        Optional<Connector> connector = pipeline.connector();
        PoolSettings base = PoolSettings.of(pool.name());
        return new PoolSettings(
                base.name(),
                pool.concurrency().limit().orElse(PoolSettings.AUTO),
                pool.blockSize().orElse(base.blockSize()),
                base.ejectAfter(),
                base.ejection(),
                base.slowStart(),
                base.priors(),
                moves(connector),
                connector
                        .map(c -> Handovers.pulls(c.traits(), pipeline.policy()))
                        .orElse(false));
    }

    private static PoolSettings.Moves moves(Optional<Connector> connector) {
        if (connector.isEmpty()) {
            return PoolSettings.Moves.NONE;
        }
        return connector.get().traits().handshake() ? PoolSettings.Moves.HANDSHAKE : PoolSettings.Moves.PLAIN;
    }

    private static UpstreamPool open(Upstreams.Way way, Loop loop) {
        int colon = way.address().lastIndexOf(':');
        String host = way.address().substring(0, colon);
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        int port = Integer.parseInt(way.address().substring(colon + 1));
        PoolLimits base = PoolLimits.DEFAULT;
        return UpstreamPool.of(
                loop,
                new InetSocketAddress(bare, port),
                new PoolLimits(base.connections(), way.connect(), base.write(), base.idleExpiry(), base.headBytes()),
                way.tls());
    }
}
