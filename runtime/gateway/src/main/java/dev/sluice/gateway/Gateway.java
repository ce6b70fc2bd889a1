package dev.sluice.gateway;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.Leases;
import dev.sluice.core.Scrape;
import dev.sluice.core.discovery.EndpointSource;
import dev.sluice.core.discovery.Picture;
import dev.sluice.core.kv.KvEventSource;
import dev.sluice.core.peers.PeerNetwork;
import dev.sluice.core.scan.BodyScanner;
import dev.sluice.gateway.admin.AdminServer;
import dev.sluice.gateway.admin.AdminSettings;
import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.MetricsConfig;
import dev.sluice.gateway.config.PeersConfig;
import dev.sluice.gateway.config.SecretText;
import dev.sluice.gateway.config.ServerConfig;
import dev.sluice.gateway.config.SessionSource;
import dev.sluice.gateway.config.TenantsConfig;
import dev.sluice.gateway.engine.EngineEvents;
import dev.sluice.gateway.engine.EngineSettings;
import dev.sluice.gateway.engine.Engines;
import dev.sluice.gateway.engine.LoopGround;
import dev.sluice.gateway.engine.SampleSink;
import dev.sluice.gateway.engine.Served;
import dev.sluice.gateway.http.ByteBudget;
import dev.sluice.gateway.http.Loop;
import dev.sluice.gateway.kv.KvStatus;
import dev.sluice.gateway.metrics.Meters;
import dev.sluice.gateway.metrics.PoolView;
import dev.sluice.gateway.plugin.LoadedPlugin;
import dev.sluice.gateway.plugin.PluginWorkers;
import dev.sluice.gateway.plugin.Unloads;
import dev.sluice.gateway.tenant.Standings;
import dev.sluice.gateway.tenant.Tenant;
import dev.sluice.gateway.tenant.TenantBook;
import dev.sluice.gateway.tenant.TenantWatch;
import dev.sluice.gateway.tenant.Tenants;
import dev.sluice.gateway.trace.Traces;
import dev.sluice.spi.ConfigException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A running gateway: listener, pools, engines, admin port. {@link #reload} swaps a configuration atomically; requests
 * finish on the one they started with.
 */
public final class Gateway implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.sluice.gateway");
    private static final long BODY_BUDGET = 1L << 30;
    private static final int MAX_IN_FLIGHT = 20_000;
    /** How long an end waits for plugins to close. */
    private static final Duration CLOSE = Duration.ofSeconds(5);

    /** How long a drain leaves connections open whose clients could not be told that they end; no longer than it is not ready. */
    private static final Duration LINGER = Duration.ofSeconds(1);

    private static final Duration TICK = Duration.ofMillis(50);

    private volatile Catalog catalog;
    private final Meters meters;
    private final Engines engines;
    private final LiveState runtime;
    private final AdminServer admin;
    private final Optional<Listener> listener;
    private final Optional<PickerListener> picker;
    private final KvFeeding kv;
    private final Discoveries discoveries;
    private final Optional<PeerHosts> peerHosts;
    private final Optional<Peering> peering;
    private final Loop loop = Loop.start("sluice-loop", Runtime.getRuntime().availableProcessors());
    private final PluginWorkers workers = new PluginWorkers();
    private final Unloads unloads = new Unloads();
    private final Preparations preparations = new Preparations();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch drained = new CountDownLatch(1);
    private volatile GatewayConfig config;
    private volatile Assembly assembly;
    private final LeavingPools leaving = new LeavingPools();
    private final ServerConfig opened;
    private final Optional<PeersConfig> peers;
    private final TenantBook book;
    private TenantPolicies policies;
    private Optional<TenantWatch> watch = Optional.empty();

    private Gateway(GatewayConfig config, Catalog catalog, Sources sources, boolean proxy) {
        this.config = config;
        this.opened = config.server();
        this.peers = config.peers();
        this.catalog = catalog;
        this.meters = new Meters(version());
        this.assembly = Assembly.build(config, catalog, meters, loop, workers, Optional.empty());
        this.engines = new Engines(EngineSettings.DEFAULT, new Events(), target -> LoopGround.of(loop, target));
        this.book = new TenantBook(config, catalog);
        this.policies = new TenantPolicies(config, catalog, meters, workers);
        BiConsumer<String, String> probe = (pool, id) -> engines.probeNow(pool + "/" + id);
        BiConsumer<String, String> traffic = (pool, id) -> engines.traffic(pool + "/" + id);
        this.runtime = new LiveState(
                meters,
                new ByteBudget(Math.min(BODY_BUDGET, Runtime.getRuntime().maxMemory() / 2)),
                MAX_IN_FLIGHT,
                settings(config, assembly, Optional.empty(), book.gateway(config, catalog)),
                probe,
                traffic);
        meters.showLlmd(llmd(config));
        runtime.poison.configure(config.server().limits().quarantine());
        apply(runtime.settings, runtime.settings.tenants());
        this.watch = watch(config);
        usage(config);
        traces(config);
        assembly.pools.values().forEach(pool -> meters.bindPool(new Gauges(pool)));
        this.kv = new KvFeeding(config.kvIndex(), sources.events(), meters);
        this.discoveries = new Discoveries(sources.endpoints(), meters, this::found);
        this.peerHosts = config.peers()
                .filter(peers -> peers.key().isPresent())
                .map(peers -> new PeerHosts(peers, sources.endpoints()));
        this.peering = peerHosts.flatMap(hosts -> peering(config, hosts, sources));
        assembly.apply();
        kv.apply(assembly);
        engines.setTargets(assembly.targets());
        try {
            this.admin = AdminServer.start(adminSettings(config.server()), new GatewayView(this));
            this.listener = proxy
                    ? Optional.of(Listener.start(config.server(), loop, new HotRoutes(runtime), new ColdRoutes(this)))
                    : Optional.empty();
            this.picker = config.server()
                    .extProc()
                    .map(extProc -> PickerListener.start(
                            extProc,
                            config.server().limits(),
                            loop,
                            runtime,
                            () -> notReady().isEmpty()));
        } catch (RuntimeException failed) {
            stop.countDown();
            engines.close();
            kv.close();
            peering.ifPresent(Peering::close);
            throw failed;
        }
        discoveries.apply(config, assembly.pools);
        Thread.ofVirtual().name("tick").start(this::tick);
        config.peers().ifPresent(peers -> peering.ifPresent(its -> its.begin(peers.every())));
    }

    private Optional<Peering> peering(GatewayConfig its, PeerHosts hosts, Sources sources) {
        return its.peers().flatMap(PeersConfig::key).map(key -> {
            PeersConfig peers = its.peers().orElseThrow();
            PeerNetwork network =
                    sources.peers().apply(new PeersAt(peers.host().orElse(""), peers.port(), key.value(), hosts::now));
            return new Peering(
                    network,
                    key.value(),
                    () -> assembly.pools,
                    () -> runtime.settings.tenants().all(),
                    this::explained,
                    meters);
        });
    }

    private Optional<byte[]> explained(long hash) {
        return peering.flatMap(its -> runtime.decisions.find(id -> its.hash(id) == hash))
                .map(kept -> GatewayView.explained(kept).json());
    }

    /** What is shared with other replicas; empty when this one is alone. */
    Optional<Peering> peering() {
        return peering;
    }

    /**
     * Where news comes from that the gateway itself does not fetch.
     *
     * @param events makes the reader of KV events, when the first engine that publishes some is listed
     * @param endpoints makes the finder of endpoints, when the first pool has {@code discovery:} of a kind that needs one
     * @param peers makes the network to other replicas, when there are some to share with
     */
    public record Sources(
            Supplier<KvEventSource> events, Supplier<EndpointSource> endpoints, Function<PeersAt, PeerNetwork> peers) {
        /** None. */
        public static final Sources NONE = new Sources(() -> KvEventSource.NONE, () -> EndpointSource.NONE);

        /** The same without a network to other replicas: a configuration that wants one is refused. */
        public Sources(Supplier<KvEventSource> events, Supplier<EndpointSource> endpoints) {
            this(events, endpoints, at -> {
                throw new ConfigException("peers: this gateway was started without a network to other replicas");
            });
        }
    }

    /** A search has news of a pool. */
    private synchronized void found(String pool, Picture picture) {
        if (stop.getCount() > 0 && assembly.found(pool, picture)) {
            kv.apply(assembly);
            engines.setTargets(assembly.targets());
        }
    }

    /**
     * Starts with a configuration that has been checked.
     *
     * @throws dev.sluice.spi.ConfigException when a plugin refuses its parameters
     * @throws java.io.UncheckedIOException when a port is taken
     */
    public static Gateway start(GatewayConfig config, Catalog catalog) {
        return start(config, catalog, Sources.NONE);
    }

    /**
     * The same with a reader of KV events.
     *
     * @param events makes the reader, when the first engine that publishes events is listed
     */
    public static Gateway start(GatewayConfig config, Catalog catalog, Supplier<KvEventSource> events) {
        return start(config, catalog, new Sources(events, Sources.NONE.endpoints()));
    }

    /** The same with all that it may need. */
    public static Gateway start(GatewayConfig config, Catalog catalog, Sources sources) {
        return new Gateway(config, catalog, sources, true);
    }

    /** Starts the endpoint picker alone, without a listener for clients; otherwise as {@link #start}. */
    public static Gateway startPicker(GatewayConfig config, Catalog catalog, Sources sources) {
        return new Gateway(config, catalog, sources, false);
    }

    /** Version of this build; {@code dev} when it was not packaged. */
    public static String version() {
        return Optional.ofNullable(Gateway.class.getPackage().getImplementationVersion())
                .orElse("dev");
    }

    private static LiveState.Settings settings(
            GatewayConfig config, Assembly assembly, Optional<LiveState.Settings> before, Tenants tenants) {
        ServerConfig server = config.server();
        List<String> paths = server.session().stream()
                .filter(s -> s.kind() == SessionSource.Kind.BODY)
                .map(SessionSource::name)
                .toList();
        return new LiveState.Settings(
                RoutingTable.of(assembly.entries),
                server.debugHeaders(),
                server.limits().body().bytes(),
                server.session(),
                new BodyScanner(paths),
                server.accessLog().equals("json") ? log(before) : AccessLog.OFF,
                tenants,
                Map.of());
    }

    private Optional<TenantWatch> watch(GatewayConfig its) {
        return its.tenants()
                .flatMap(TenantsConfig::directory)
                .map(directory -> new TenantWatch(directory, this::tenantFiles));
    }

    /** The tenants' directory holds these files now. */
    private synchronized void tenantFiles(Map<Path, String> texts) {
        apply(runtime.settings, book.files(texts));
    }

    /** Puts tenants into force: requests that begin from now on see all of them, and nothing of those before. */
    private void apply(LiveState.Settings settings, Tenants tenants) {
        runtime.settings = settings.with(tenants, policies.of(tenants));
        meters.anonymousOpen(tenants.anonymous());
        Set<String> names = new LinkedHashSet<>(Set.of(Tenant.ANONYMOUS));
        tenants.all().forEach(tenant -> names.add(tenant.name()));
        meters.tenants(names);
        EnumMap<Standings.State, Integer> files = new EnumMap<>(Standings.State.class);
        book.standings().forEach(one -> files.merge(one.standing(), 1, Integer::sum));
        meters.tenantFiles(files);
    }

    /** Writes usage where this configuration says, from now on. */
    private void usage(GatewayConfig its) {
        UsageLog before = runtime.usage;
        if (its.usage().equals(Optional.ofNullable(before).map(UsageLog::config))) {
            return;
        }
        runtime.usage = its.usage()
                .map(where -> new UsageLog(where, meters.usageLost()))
                .orElse(null);
        if (before != null) {
            before.close();
        }
    }

    /** Tells of requests where this configuration says, from now on. */
    private void traces(GatewayConfig its) {
        Traces before = runtime.traces;
        if (its.traces().equals(Optional.ofNullable(before).map(Traces::config))) {
            return;
        }
        runtime.traces = its.traces()
                .map(where -> Traces.to(where, version(), meters.traces()))
                .orElse(null);
        if (before != null) {
            Thread.ofVirtual().name("traces-close").start(before::close);
        }
    }

    /** How the tenants' files stand. */
    List<Standings> tenantFiles() {
        return book.standings();
    }

    /** One log for all configurations that want one: what began before a reload is written after it. */
    private static AccessLog log(Optional<LiveState.Settings> before) {
        return before.map(LiveState.Settings::accessLog)
                .filter(log -> log != AccessLog.OFF)
                .orElseGet(() -> AccessLog.to(System.err));
    }

    private static boolean llmd(GatewayConfig config) {
        return config.metrics().compatibility() == MetricsConfig.Compatibility.LLM_D;
    }

    private static AdminSettings adminSettings(ServerConfig server) {
        return new AdminSettings(
                server.admin().host(),
                server.admin().port(),
                server.admin().token().map(SecretText::value),
                server.metrics().map(m -> new AdminSettings.Listener(m.host(), m.port())));
    }

    /**
     * Puts another configuration into force, with the types that it was read with. Listeners stay as they are; what asks for other ones is said in the log.
     *
     * @throws dev.sluice.spi.ConfigException when a plugin refuses its parameters; then nothing has changed
     */
    public synchronized void reload(GatewayConfig next, Catalog types) {
        Assembly fresh;
        try {
            fresh = Assembly.build(next, types, meters, loop, workers, Optional.of(assembly));
        } catch (RuntimeException wrong) {
            meters.configReload(false);
            throw wrong;
        }
        Assembly old = assembly;
        fresh.apply();
        kv.apply(fresh);
        LiveState.Settings before = runtime.settings;
        TenantPolicies oldPolicies = policies;
        policies = new TenantPolicies(next, types, meters, workers);
        Tenants tenants = book.gateway(next, types);
        apply(settings(next, fresh, Optional.of(before), tenants), tenants);
        assembly = fresh;
        if (!config.tenants()
                .flatMap(TenantsConfig::directory)
                .equals(next.tenants().flatMap(TenantsConfig::directory))) {
            watch.ifPresent(TenantWatch::close);
            watch = watch(next);
            if (watch.isEmpty()) {
                apply(runtime.settings, book.files(Map.of()));
            }
        }
        config = next;
        usage(next);
        traces(next);
        runtime.poison.configure(next.server().limits().quarantine());
        meters.showLlmd(llmd(next));
        engines.setTargets(fresh.targets());
        discoveries.apply(next, fresh.pools);
        fresh.pools.forEach((name, pool) -> {
            if (old.pools.get(name) != pool) {
                meters.bindPool(new Gauges(pool));
            }
        });
        old.pools.forEach((name, pool) -> {
            if (fresh.pools.get(name) != pool) {
                meters.unbindPool(name);
                leaving.add(pool);
            }
        });
        if (before.accessLog() != runtime.settings.accessLog()) {
            before.accessLog().close();
        }
        retire(old, oldPolicies, types);
        catalog = types;
        if (!listener.map(l -> l.reload(next.server().tls())).orElse(true)
                || !picker.map(p -> p.reload(next.server().extProc())).orElse(true)) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "tls: TLS itself, or client certificates, can''t be switched on or off while running; restart");
        }
        List<String> later = new ArrayList<>(ListenerSettings.changed(opened, next.server()));
        if (!kv.settings().equals(next.kvIndex())) {
            later.add("kvIndex");
        }
        if (!peers.equals(next.peers())) {
            later.add("peers");
        }
        if (!later.isEmpty()) {
            LOG.log(System.Logger.Level.WARNING, "{0}: take effect with the next start", String.join(", ", later));
        }
        meters.configReload(true);
        LOG.log(System.Logger.Level.INFO, "configuration reloaded: {0} pools", fresh.pools.size());
    }

    /** Closes what is no longer in force when its last decision has been made, and lets go of plugins that are gone. */
    private void retire(Assembly old, TenantPolicies theirs, Catalog types) {
        List<LoadedPlugin> gone = new ArrayList<>(catalog.loaded());
        gone.removeAll(types.loaded());
        List<Pipeline> leaving = new ArrayList<>(old.pipelines.values());
        leaving.addAll(theirs.all());
        leaving.forEach(Pipeline::retire);
        if (!gone.isEmpty()) {
            Thread.ofVirtual().name("plugin-unload").start(() -> {
                leaving.forEach(pipeline -> pipeline.closed().join());
                workers.renew();
                gone.forEach(unloads::unloaded);
            });
        }
    }

    Map<String, Pipeline> pipelines() {
        return assembly.pipelines;
    }

    Unloads unloads() {
        return unloads;
    }

    /** Notes that a configuration could not be read; the one in force stays. */
    public void reloadFailed() {
        meters.configReload(false);
    }

    /** Port of the tenants' listener; 0 when there is none. */
    public int port() {
        return listener.map(Listener::port).orElse(0);
    }

    /** The endpoint picker's listener, where there is one. */
    Optional<PickerListener> picker() {
        return picker;
    }

    /** Port of the endpoint picker's listener; empty when there is none. */
    public OptionalInt pickerPort() {
        return picker.map(p -> OptionalInt.of(p.port())).orElse(OptionalInt.empty());
    }

    /** Port of the admin listener. */
    public int adminPort() {
        return admin.port();
    }

    GatewayConfig config() {
        return config;
    }

    /** The types in force, those of third-party plugins included. */
    public Catalog catalog() {
        return catalog;
    }

    LiveState runtime() {
        return runtime;
    }

    /** Why no traffic should come now; empty when it should. */
    Optional<String> notReady() {
        if (runtime.draining) {
            return Optional.of("draining");
        }
        for (RoutingTable.PoolEntry entry : runtime.settings.table().pools()) {
            if (entry.pool().serving()
                    || entry.pool().waking().filter(Waking::able).isPresent()) {
                return Optional.empty();
            }
        }
        return Optional.of("no endpoint is in service yet");
    }

    /** Waits until some endpoint is in service; false when the time is over before. */
    public boolean awaitReady(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (notReady().isPresent()) {
            if (System.nanoTime() > end) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return true;
    }

    /** Stops being ready, refuses new requests after the configured time, and ends when the last stream has ended. */
    void beginDrain() {
        if (runtime.draining) {
            return;
        }
        runtime.draining = true;
        listener.ifPresent(Listener::drain);
        Thread.ofVirtual().name("drain").start(() -> {
            try {
                Duration notReadyFor = config.server().drain().notReadyFor();
                TimeUnit.NANOSECONDS.sleep(notReadyFor.toNanos());
                runtime.closed = true;
                Duration linger = notReadyFor.compareTo(LINGER) < 0 ? notReadyFor : LINGER;
                long end = System.nanoTime() + config.server().drain().streams().toNanos();
                while ((listener.map(l -> l.closeIdle(linger)).orElse(false) || runtime.inFlight.get() > 0)
                        && System.nanoTime() < end) {
                    TimeUnit.MILLISECONDS.sleep(10);
                }
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
            drained.countDown();
        });
    }

    /** Drains and closes; returns when the last stream has ended or its time is over. */
    public void drainAndClose() throws InterruptedException {
        beginDrain();
        drained.await();
        close();
    }

    private void tick() {
        try {
            while (!stop.await(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
                assembly.pools.forEach((name, pool) -> pool.tick().forEach(id -> engines.probeNow(name + "/" + id)));
                assembly.pools.values().forEach(LivePool::tendSleepers);
                assembly.entries.forEach(preparations::tick);
                picker.ifPresent(picking -> picking.tick(System.nanoTime()));
                leaving.tick();
                kv.tick();
                assembly.pools.values().forEach(StateLog::tell);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops at once; streams that run are cut. */
    @Override
    public void close() {
        stop.countDown();
        watch.ifPresent(TenantWatch::close);
        listener.ifPresent(Listener::close);
        picker.ifPresent(PickerListener::close);
        admin.close();
        peering.ifPresent(Peering::close);
        peerHosts.ifPresent(PeerHosts::close);
        discoveries.close();
        engines.close();
        kv.close();
        assembly.pools.values().forEach(pool -> pool.upstreams().close());
        leaving.close();
        retireAll();
        workers.close();
        loop.close();
        runtime.settings.accessLog().close();
        UsageLog log = runtime.usage;
        if (log != null) {
            log.close();
        }
        Traces told = runtime.traces;
        if (told != null) {
            told.close();
        }
        meters.close();
    }

    private void retireAll() {
        List<Pipeline> all = new ArrayList<>(assembly.pipelines.values());
        all.addAll(policies.all());
        all.forEach(Pipeline::retire);
        for (Pipeline pipeline : all) {
            pipeline.closed()
                    .completeOnTimeout(false, CLOSE.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        }
    }

    /** Engine news for the pool that the endpoint belongs to: ids are {@code pool/endpoint}. */
    private final class Events implements EngineEvents {
        @Override
        public void probeSucceeded(String id, Served served) {
            pool(id, (pool, endpoint) -> {
                Set<String> own = new LinkedHashSet<>();
                config.pools().stream()
                        .filter(p -> p.name().equals(pool.name()))
                        .forEach(p -> own.addAll(p.models().names()));
                pool.probeSucceeded(endpoint, served.models(), own);
            });
        }

        @Override
        public void probeFailed(String id, String reason) {
            pool(id, (pool, endpoint) -> {
                pool.probeFailed(endpoint, reason);
                pool.handovers().ifPresent(how -> how.forget(endpoint));
            });
        }

        @Override
        public void wrongModel(String id, String reason) {
            pool(id, (pool, endpoint) -> pool.wrongModel(endpoint, reason));
        }

        @Override
        public void scraped(String id, Scrape scrape) {
            pool(id, (pool, endpoint) -> pool.scraped(endpoint, scrape));
        }

        @Override
        public SampleSink samples(String id) {
            SampleSink[] sink = {SampleSink.NONE};
            pool(id, (pool, endpoint) -> sink[0] = pool.samples(endpoint));
            return sink[0];
        }

        @Override
        public void scrapeLost(String id) {
            pool(id, LivePool::scrapeLost);
        }

        private void pool(String id, BiConsumer<LivePool, String> action) {
            for (Map.Entry<String, LivePool> entry : assembly.pools.entrySet()) {
                if (id.startsWith(entry.getKey() + "/")) {
                    action.accept(entry.getValue(), id.substring(entry.getKey().length() + 1));
                    return;
                }
            }
        }
    }

    private record Gauges(LivePool pool) implements PoolView {
        @Override
        public String name() {
            return pool.name();
        }

        @Override
        public List<EndpointReport> reports() {
            return pool.report();
        }

        @Override
        public List<Figures> figures() {
            return pool.figures();
        }

        @Override
        public int queueSize() {
            return pool.queued();
        }

        @Override
        public long queueBytes() {
            return pool.queuedBytes();
        }

        @Override
        public List<Waiting> waiting() {
            return pool.waiting().stream()
                    .map(row -> new Waiting(row.priority(), Flows.tenant(row.flow()), row.count(), row.bytes()))
                    .toList();
        }

        @Override
        public double saturation() {
            return pool.saturation();
        }

        @Override
        public Map<Integer, Long> evicted() {
            return pool.tookBack();
        }

        @Override
        public long indexBlocks() {
            return pool.indexBlocks();
        }

        @Override
        public List<KvStatus> kvEvents() {
            return pool.kvStatus();
        }

        @Override
        public Optional<List<String>> discoveryProblems() {
            return pool.waking().map(w -> w.status().problems());
        }

        @Override
        public Optional<Forecast> forecast() {
            return pool.prewarming().map(Prewarming::seen);
        }

        @Override
        public Map<String, Long> kvLeases() {
            Map<String, Long> counts = new LinkedHashMap<>();
            pool.handovers().ifPresent(how -> {
                for (Leases.State state : Leases.State.values()) {
                    if (state != Leases.State.EXPECTED) {
                        counts.put(state.label(), (long) how.leases.count(state));
                    }
                }
            });
            return counts;
        }

        @Override
        public Map<String, Long> kvFetches() {
            return pool.handovers()
                    .filter(how -> how.traits().pulls())
                    .map(how -> how.fetches.counts())
                    .orElse(Map.of());
        }

        @Override
        public long kvFetchedTokens() {
            return pool.handovers().map(how -> how.fetches.tokens()).orElse(0L);
        }

        @Override
        public Map<String, Long> kvLeaseEnds() {
            Map<String, Long> counts = new LinkedHashMap<>();
            pool.handovers().ifPresent(how -> {
                for (Leases.End end : Leases.End.values()) {
                    counts.put(end.label(), how.leases.ended(end));
                }
            });
            return counts;
        }
    }
}
