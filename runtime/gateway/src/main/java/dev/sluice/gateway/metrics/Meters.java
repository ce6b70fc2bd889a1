package dev.sluice.gateway.metrics;

import dev.sluice.gateway.kv.KvCounts;
import dev.sluice.gateway.tenant.Standings;
import dev.sluice.gateway.trace.Traces;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All series that the gateway emits; {@code docs/metrics.md} lists them. Counting neither locks nor allocates once the
 * labels are known, so that it can be done on the hot path.
 */
public final class Meters implements AutoCloseable {
    /** Content type of what {@link #scrape} writes. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final LongSupplier clock;
    private final Lanes lanes = new Lanes(registry);
    private final PoolGauges pools;
    private final LlmdSeries llmd;
    private final KvSeries kv;
    private final Timer decision;
    private final FewCounters fallbacks =
            few("decision.fallback", "Decisions that the policy itself could not make", "cause");
    private final FewCounters attempts = few("upstream.attempts", "Attempts at engines by how they ended", "outcome");
    private final FewCounters cancelled =
            few("cancelled", "Requests whose client left, by what they were doing", "stage");
    private final FewCounters tokenQuestions = few(
            "token.questions",
            "Prompts whose exact tokens were wanted, by how they came or why they did not",
            "outcome");
    private final FewCounters disaggregation = few(
            "disaggregation",
            "Decisions of pools with a connector, by whether the prompt is computed elsewhere",
            "decision");
    private final FewCounters disaggregationFailures = few(
            "disaggregation.failures",
            "Prompts computed elsewhere that could not be used, by what went wrong",
            "cause");
    private final FewCounters reloads = few("config.reloads", "Times that the configuration was read again", "outcome");
    private final FewCounters wakeups =
            few("wakeups", "Revisions without a pod that requests asked for, by how their waking ended", "outcome");
    private final FewCounters prewarms =
            few("prewarm.changes", "Revisions whose min-scale was changed ahead of need, or could not be", "outcome");
    private final FewCounters peerMessages = few(
            "peer.messages",
            "Messages between replicas: sent; accepted, or why not: duplicate, misdirected (to another, or to this one before its start),"
                    + " version, malformed, forged (not sealed with the key), replayed",
            "outcome");
    private final FewCounters peerPrefixes = few(
            "peer.prefixes",
            "Prompts that replicas tell each other of: told, left_out (there were too many), heard, unknown (of endpoints that this one does"
                    + " not have)",
            "outcome");
    private volatile Supplier<Integer> peers = () -> 0;
    private volatile Supplier<Long> peerStaleness = () -> 0L;
    private final ConcurrentHashMap<String, ConcurrentHashMap<String, PluginMeter>> plugins = new ConcurrentHashMap<>();
    private volatile Set<String> tenants = Set.of();
    private volatile boolean lastReloadSuccessful = true;
    private volatile boolean anonymousOpen;
    private volatile Map<Standings.State, Integer> tenantFiles = Map.of();
    private final AtomicLong usageLost = new AtomicLong();
    private final Traces.Counts traces = new Traces.Counts();
    private @Nullable JvmGcMetrics gc;

    /** @param version of Sluice, for {@code sluice_build_info} */
    public Meters(String version) {
        this(version, System::nanoTime);
    }

    Meters(String version, LongSupplier clock) {
        this.clock = clock;
        this.pools = new PoolGauges(clock);
        this.decision = Timer.builder("sluice.decision.duration")
                .description("Time of one decision where a request goes")
                .serviceLevelObjectives(Buckets.OWN)
                .register(registry);
        Gauge.builder("sluice.config.last.reload.successful", this, m -> m.lastReloadSuccessful ? 1 : 0)
                .description("1 when the configuration in force is the newest, 0 when that was refused")
                .register(registry);
        Gauge.builder("sluice.anonymous.open", this, m -> m.anonymousOpen ? 1 : 0)
                .description("1 when everybody may use the gateway without a key")
                .register(registry);
        for (Standings.State state : Standings.State.values()) {
            Gauge.builder("sluice.tenant.files", this, m -> m.tenantFiles.getOrDefault(state, 0))
                    .description(
                            "Tenants' files by what is in force of them: in_force (it itself), last_good (broken since),"
                                    + " refused (broken, and its tenant's keys get 503)")
                    .tag("state", state.label())
                    .register(registry);
        }
        Gauge.builder("sluice.peers", this, m -> m.peers.get())
                .description("Other replicas that have been heard of within the last two seconds")
                .register(registry);
        Gauge.builder("sluice.peer.staleness", this, m -> m.peerStaleness.get() / 1e9)
                .baseUnit("seconds")
                .description("Age of the oldest word of another replica that counts")
                .register(registry);
        FunctionCounter.builder("sluice.usage.lost", usageLost, AtomicLong::get)
                .description("Lines of the usage log that could not be written")
                .register(registry);
        trace("sent", traces.sent());
        trace("dropped", traces.dropped());
        trace("failed", traces.failed());
        llmd = new LlmdSeries(version, pools.pools());
        registry.getPrometheusRegistry().register(pools);
        kv = new KvSeries(registry, pools.pools());
        registry.getPrometheusRegistry().register(kv);
        registry.getPrometheusRegistry().register(llmd);
        registry.getPrometheusRegistry().register(new ProcessSeries(version));
        reloads.get(0, "success");
        for (String outcome :
                List.of("sent", "accepted", "duplicate", "misdirected", "version", "malformed", "forged", "replayed")) {
            peerMessages.get(0, outcome);
        }
        for (String outcome : List.of("told", "left_out", "heard", "unknown")) {
            peerPrefixes.get(0, outcome);
        }
        wakeups.get(0, "woken");
        wakeups.get(0, "given_up");
        prewarms.get(0, "changed");
        prewarms.get(0, "failed");
        reloads.get(0, "failure");
        for (String stage : List.of("queue", "prefill", "waiting", "stream")) {
            cancelled.get(0, stage);
        }
    }

    private void trace(String outcome, AtomicLong count) {
        FunctionCounter.builder("sluice.traces", count, AtomicLong::get)
                .description("Traces of requests by what became of them: sent, dropped (too many at once), failed (the"
                        + " collector did not take them)")
                .tag("outcome", outcome)
                .register(registry);
    }

    private FewCounters few(String name, String help, String label) {
        return new FewCounters((ignored, value) -> Counter.builder("sluice." + name)
                .description(help)
                .tag(label, value)
                .register(registry));
    }

    /** Gauges of this pool are read from here on; replaces a pool of the same name. */
    public void bindPool(PoolView pool) {
        pools.pools().put(pool.name(), pool);
    }

    /** The pool is gone: its gauges end now, what was counted 5 minutes later. */
    public void unbindPool(String name) {
        pools.pools().remove(name);
    }

    /** The tenants that exist; series of others end 5 minutes later. Until this is called all tenants exist. */
    public void tenants(Set<String> living) {
        tenants = Set.copyOf(living);
    }

    /** Meters of a request's pool, tenant and route (path pattern); empty strings where a request did not get that far. */
    public Lane lane(String pool, String tenant, String route) {
        return lanes.get(pool, tenant, route);
    }

    /** llm-d's series; they count and show nothing until {@link #showLlmd}. */
    public LlmdSeries llmd() {
        return llmd;
    }

    /** Whether llm-d's series are shown. */
    public void showLlmd(boolean shown) {
        llmd.show(shown);
    }

    /** Counts what happens to KV events. */
    public KvCounts kvCounts() {
        return kv;
    }

    /** A prompt's token ids came from there. */
    public void kvPrompt(String pool, String source) {
        kv.prompt(pool, source);
    }

    /** A decision was made in so many ns. */
    public void decision(long nanos) {
        decision.record(nanos, TimeUnit.NANOSECONDS);
        llmd.decided(nanos);
    }

    /** A prompt's exact tokens were wanted. */
    public void promptTokens(String outcome) {
        tokenQuestions.get(0, outcome).increment();
    }

    /** The policy's own answer could not be used. */
    public void decisionFallback(String cause) {
        fallbacks.get(0, cause).increment();
    }

    /** A plugin did wrong and lost its vote; see {@code dev.sluice.core.Faults}. */
    public void pluginFault(String point, String name, Throwable fault) {
        plugin(point, name, name).fault();
    }

    /**
     * Meters of one plugin instance.
     *
     * @param type is kept from the first call for this point and name
     */
    public PluginMeter plugin(String point, String type, String name) {
        var named = plugins.get(point);
        PluginMeter meter = named == null ? null : named.get(name);
        return meter != null
                ? meter
                : plugins.computeIfAbsent(point, p -> new ConcurrentHashMap<>())
                        .computeIfAbsent(name, n -> new PluginMeter(registry, point, type, name));
    }

    /** One attempt at an engine has ended, such as {@code completed}, {@code unreachable}, {@code failed}. */
    public void attempt(String outcome) {
        attempts.get(0, outcome).increment();
    }

    /** A client left at that stage: {@code queue}, {@code prefill}, {@code waiting}, {@code stream}. */
    public void cancelled(String stage) {
        cancelled.get(0, stage).increment();
    }

    /** A decision whether a prompt is computed elsewhere. */
    public void disaggregation(String decision) {
        disaggregation.get(0, decision).increment();
    }

    /** A prompt that was to be computed elsewhere, and could not, or was for nothing. */
    public void disaggregationFailure(String cause) {
        disaggregationFailures.get(0, cause).increment();
    }

    /** The waking of a revision has ended so. */
    public void wakeup(String outcome) {
        wakeups.get(0, outcome).increment();
    }

    /**
     * This gateway shares with others.
     *
     * @param count others that have been heard of late
     * @param staleness age of the oldest word that counts, ns
     */
    public void peers(Supplier<Integer> count, Supplier<Long> staleness) {
        peers = count;
        peerStaleness = staleness;
    }

    /** A message to another replica, or from one. */
    public void peerMessage(String outcome) {
        peerMessages.get(0, outcome).increment();
    }

    /** Prompts that replicas tell each other of. */
    public void peerPrefixes(String outcome, long count) {
        peerPrefixes.get(0, outcome).increment((double) count);
    }

    /** A revision's min-scale was changed ahead of need, or could not be. */
    public void prewarmChange(String outcome) {
        prewarms.get(0, outcome).increment();
    }

    /** The configuration was read again. */
    public void configReload(boolean successful) {
        reloads.get(0, successful ? "success" : "failure").increment();
        lastReloadSuccessful = successful;
    }

    /** Counts lines of the usage log that were lost. */
    public AtomicLong usageLost() {
        return usageLost;
    }

    /** Counts what becomes of traces. */
    public Traces.Counts traces() {
        return traces;
    }

    /** Whether everybody may use the gateway. */
    public void anonymousOpen(boolean open) {
        anonymousOpen = open;
    }

    /** How many tenants' files stand how. */
    public void tenantFiles(Map<Standings.State, Integer> files) {
        tenantFiles = Map.copyOf(files);
    }

    /** Writes all series in Prometheus' text format. The JVM's meters begin with the first call: a start has no time for them. */
    public void scrape(OutputStream out) throws IOException {
        bindJvm();
        lanes.expire(pools.pools().keySet(), tenants, clock.getAsLong());
        registry.scrape(out, CONTENT_TYPE);
    }

    private synchronized void bindJvm() {
        if (gc != null) {
            return;
        }
        JvmGcMetrics collector = new JvmGcMetrics();
        gc = collector;
        collector.bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    /** Ends the JVM's meters. */
    @Override
    public synchronized void close() {
        if (gc != null) {
            gc.close();
        }
        registry.close();
    }
}
