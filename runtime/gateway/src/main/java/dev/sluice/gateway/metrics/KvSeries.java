package dev.sluice.gateway.metrics;

import dev.sluice.gateway.kv.KvCounts;
import dev.sluice.gateway.kv.KvStatus;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What is counted of KV events and shown of the index that they feed. Gauges are read from the pools at the moment of a scrape. */
final class KvSeries implements MultiCollector, KvCounts {
    private static final int MOST = 1000;

    private final MeterRegistry registry;
    private final Map<String, PoolView> pools;
    private final Map<Key, Counter> counters = new ConcurrentHashMap<>();

    private record Key(String name, String pool, String word) {}

    KvSeries(MeterRegistry registry, Map<String, PoolView> pools) {
        this.registry = registry;
        this.pools = pools;
    }

    @Override
    public void events(String pool, String outcome, long many) {
        counter(
                        "index.events",
                        "KV events: applied, unknown (of blocks that nobody knows), ignored (other layers), malformed; batches: duplicate, missed, replayed",
                        pool,
                        "outcome",
                        outcome)
                .increment((double) many);
    }

    @Override
    public void reset(String pool, String cause) {
        counter(
                        "kv.index.resets",
                        "Times that all that was known of an engine's cache was dropped: told so by its stream, or by the audit of its answers",
                        pool,
                        "cause",
                        cause)
                .increment();
    }

    void prompt(String pool, String outcome) {
        counter(
                        "kv.prompts",
                        "Prompts by where their token ids came from: request, remembered, asked, begun (the conversation so far); or why they did not: late, busy, failed, unknown",
                        pool,
                        "tokens",
                        outcome)
                .increment();
    }

    private Counter counter(String name, String help, String pool, String label, String word) {
        return counters.computeIfAbsent(
                new Key(name, pool, word),
                key -> Counter.builder("sluice." + name)
                        .description(help)
                        .tag("pool", pool)
                        .tag(label, word)
                        .register(registry));
    }

    @Override
    public MetricSnapshots collect() {
        GaugeSnapshot.Builder blocks = gauge("kv_index_blocks", "Blocks that an engine says it holds");
        GaugeSnapshot.Builder live = gauge("kv_events_live", "1 when nothing is missing that an engine published");
        GaugeSnapshot.Builder lag = gauge(
                "kv_events_lag_seconds",
                "From the engine's clock in its last batch to its application, clocks' difference included");
        CounterSnapshot.Builder audit = CounterSnapshot.builder()
                .name("sluice_kv_audit_tokens")
                .help(
                        "Cached tokens: predicted by what the engine told, reported by its answers, and confirmed, the lesser of both");
        for (PoolView pool : pools.values()) {
            for (KvStatus engine : pool.kvEvents().stream().limit(MOST).toList()) {
                Labels labels = Labels.of("pool", pool.name(), "endpoint", engine.endpoint());
                add(engine.ranks(), labels, blocks, live, lag);
                audit(engine.ranks(), labels, audit);
            }
        }
        return new MetricSnapshots(List.<MetricSnapshot>of(blocks.build(), live.build(), lag.build(), audit.build()));
    }

    private static void add(
            List<KvStatus.Rank> ranks,
            Labels labels,
            GaugeSnapshot.Builder blocks,
            GaugeSnapshot.Builder live,
            GaugeSnapshot.Builder lag) {
        blocks.dataPoint(
                point(labels, ranks.stream().mapToInt(KvStatus.Rank::blocks).sum()));
        live.dataPoint(point(labels, ranks.stream().allMatch(KvStatus.Rank::live) ? 1 : 0));
        ranks.stream()
                .mapToDouble(KvStatus.Rank::lagSeconds)
                .filter(seconds -> !Double.isNaN(seconds))
                .max()
                .ifPresent(seconds -> lag.dataPoint(point(labels, seconds)));
    }

    private static void audit(List<KvStatus.Rank> ranks, Labels labels, CounterSnapshot.Builder audit) {
        long predicted = 0;
        long reported = 0;
        long confirmed = 0;
        for (KvStatus.Rank rank : ranks) {
            predicted += rank.predictedTokens();
            reported += rank.reportedTokens();
            confirmed += rank.confirmedTokens();
        }
        audit.dataPoint(count(labels, "predicted", predicted));
        audit.dataPoint(count(labels, "reported", reported));
        audit.dataPoint(count(labels, "confirmed", confirmed));
    }

    private static CounterSnapshot.CounterDataPointSnapshot count(Labels labels, String kind, long value) {
        return CounterSnapshot.CounterDataPointSnapshot.builder()
                .labels(labels.add("kind", kind))
                .value((double) value)
                .build();
    }

    private static GaugeSnapshot.Builder gauge(String name, String help) {
        return GaugeSnapshot.builder().name("sluice_" + name).help(help);
    }

    private static GaugeSnapshot.GaugeDataPointSnapshot point(Labels labels, double value) {
        return GaugeSnapshot.GaugeDataPointSnapshot.builder()
                .labels(labels)
                .value(value)
                .build();
    }
}
