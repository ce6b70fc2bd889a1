package dev.sluice.gateway.metrics;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.EndpointStatus;
import dev.sluice.spi.Role;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/** What pools look like at the moment of a scrape; each pool's report is made once for all of its gauges. */
final class PoolGauges implements MultiCollector {
    private static final int MOST = 1000;

    private final Map<String, PoolView> pools = new ConcurrentHashMap<>();
    private final Map<String, Map<String, Integer>> seen = new HashMap<>();
    private final Map<String, Departures> departures = new HashMap<>();
    private final LongSupplier clock;

    PoolGauges(LongSupplier clock) {
        this.clock = clock;
    }

    Map<String, PoolView> pools() {
        return pools;
    }

    @Override
    public synchronized MetricSnapshots collect() {
        GaugeSnapshot.Builder inFlight =
                gauge("requests_in_flight", "Requests charged to an endpoint and not yet settled");
        GaugeSnapshot.Builder endpoints = gauge("endpoints", "Endpoints by what they do and how they are");
        for (PoolView pool : pools.values()) {
            List<EndpointReport> reports = pool.reports();
            inFlight(inFlight, pool.name(), reports);
            endpoints(endpoints, pool.name(), reports);
        }
        GaugeSnapshot.Builder leases =
                gauge("kv_leases", "KV that prefill engines keep for requests of this gateway, by how it stands");
        CounterSnapshot.Builder ends = CounterSnapshot.builder()
                .name("sluice_kv_lease_ends")
                .help("KV that prefill engines no longer keep: fetched, released by the gateway, or expired there");
        CounterSnapshot.Builder fetches = CounterSnapshot.builder()
                .name("sluice_kv_pulls")
                .help(
                        "Beginnings of prompts that engines were told to fetch from others' caches: fetched, no_sooner (it took as"
                                + " long as computing: gone, or slow), failed, cancelled");
        CounterSnapshot.Builder fetched = CounterSnapshot.builder()
                .name("sluice_kv_pulled_tokens")
                .help("Prompt tokens that were fetched from others' caches sooner than they could have been computed");
        CounterSnapshot.Builder evicted = CounterSnapshot.builder()
                .name("sluice_evicted")
                .help("Requests that ran and were ended so that others of higher priority may go on");
        for (PoolView pool : pools.values()) {
            pool.evicted()
                    .forEach((priority, n) -> evicted.dataPoint(
                            count(Labels.of("pool", pool.name(), "priority", Integer.toString(priority)), n)));
            pool.kvFetches()
                    .forEach((how, n) -> fetches.dataPoint(count(Labels.of("pool", pool.name(), "outcome", how), n)));
            if (!pool.kvFetches().isEmpty()) {
                fetched.dataPoint(count(Labels.of("pool", pool.name()), pool.kvFetchedTokens()));
            }
            pool.kvLeases()
                    .forEach((state, n) -> leases.dataPoint(point(Labels.of("pool", pool.name(), "state", state), n)));
            pool.kvLeaseEnds()
                    .forEach((how, n) -> ends.dataPoint(count(Labels.of("pool", pool.name(), "how", how), n)));
        }
        seen.keySet().retainAll(pools.keySet());
        departures.keySet().retainAll(pools.keySet());
        GaugeSnapshot.Builder problems =
                gauge("discovery_problems", "What stands in the way of finding a pool's endpoints; /endpoints says it");
        for (PoolView pool : pools.values()) {
            pool.discoveryProblems()
                    .ifPresent(list -> problems.dataPoint(point(Labels.of("pool", pool.name()), list.size())));
        }
        GaugeSnapshot.Builder rates = gauge("arrivals_per_second", "Requests that come for a pool with prewarm");
        GaugeSnapshot.Builder ahead = gauge(
                "forecast_arrivals_per_second",
                "Requests that are forecast to come for a pool at the end of prewarm.lead");
        GaugeSnapshot.Builder work = gauge(
                "engine_seconds_per_request",
                "Time of engines that a request takes; prefill by decode is the quotient of the engines that are needed");
        GaugeSnapshot.Builder concurrency = gauge(
                "forecast_concurrency",
                "Requests that engines of a role are forecast to be at: divided by what one holds, the engines that are needed");
        GaugeSnapshot.Builder pods =
                gauge("prewarm_pods", "Pods that a revision should have by the forecast, before bounds and hysteresis");
        for (PoolView pool : pools.values()) {
            pool.forecast().ifPresent(seen -> {
                Labels its = Labels.of("pool", pool.name());
                rates.dataPoint(point(its, seen.rate()));
                ahead.dataPoint(point(its, seen.ahead()));
                seen.seconds()
                        .forEach((role, n) -> work.dataPoint(point(Labels.of("pool", pool.name(), "role", role), n)));
                seen.concurrency()
                        .forEach((role, n) ->
                                concurrency.dataPoint(point(Labels.of("pool", pool.name(), "role", role), n)));
                seen.pods()
                        .forEach((revision, n) ->
                                pods.dataPoint(point(Labels.of("pool", pool.name(), "revision", revision), n)));
            });
        }
        GaugeSnapshot.Builder waiting = gauge(
                "queue_waiting_requests",
                "Requests that wait for a place, by whose they are; those who have none have no series");
        GaugeSnapshot.Builder weighs =
                gauge("queue_waiting_bytes", "Bytes of the bodies of requests that wait, by whose they are");
        GaugeSnapshot.Builder saturation = gauge(
                "pool_saturation",
                "How full a pool is as flow control sees it, 1 as full as it should be; absent when unknown");
        for (PoolView pool : pools.values()) {
            waiting(pool, waiting, weighs);
            if (!Double.isNaN(pool.saturation())) {
                saturation.dataPoint(point(Labels.of("pool", pool.name()), pool.saturation()));
            }
        }
        return new MetricSnapshots(List.<MetricSnapshot>of(
                waiting.build(),
                weighs.build(),
                saturation.build(),
                problems.build(),
                rates.build(),
                ahead.build(),
                work.build(),
                concurrency.build(),
                pods.build(),
                inFlight.build(),
                endpoints.build(),
                leases.build(),
                ends.build(),
                fetches.build(),
                fetched.build(),
                evicted.build(),
                perPool("queue_requests", "Requests that wait for a place", PoolView::queueSize),
                perPool("queue_bytes", "Bytes of the bodies of requests that wait", PoolView::queueBytes),
                perPool("index_blocks", "Blocks in the prefix index", PoolView::indexBlocks)));
    }

    /** The first tenants by name have series of their own, the rest is other. */
    private static void waiting(PoolView pool, GaugeSnapshot.Builder requests, GaugeSnapshot.Builder bytes) {
        Map<Labels, long[]> sums = new LinkedHashMap<>();
        for (PoolView.Waiting row : pool.waiting()) {
            Labels own = Labels.of(
                    "pool", pool.name(), "tenant", row.tenant(), "priority", Integer.toString(row.priority()));
            Labels labels = sums.containsKey(own) || sums.size() < MOST
                    ? own
                    : Labels.of("pool", pool.name(), "tenant", FewCounters.OTHER, "priority", "");
            long[] sum = sums.computeIfAbsent(labels, l -> new long[2]);
            sum[0] += row.requests();
            sum[1] += row.bytes();
        }
        sums.forEach((labels, sum) -> {
            requests.dataPoint(point(labels, (double) sum[0]));
            bytes.dataPoint(point(labels, (double) sum[1]));
        });
    }

    private static CounterSnapshot.CounterDataPointSnapshot count(Labels labels, long n) {
        return CounterSnapshot.CounterDataPointSnapshot.builder()
                .labels(labels)
                .value((double) n)
                .build();
    }

    private void inFlight(GaugeSnapshot.Builder gauge, String pool, List<EndpointReport> reports) {
        Map<String, Integer> values = seen.computeIfAbsent(pool, p -> new LinkedHashMap<>());
        Departures gone = departures.computeIfAbsent(pool, p -> new Departures());
        values.replaceAll((endpoint, n) -> -1);
        int other = 0;
        boolean full = false;
        for (EndpointReport report : reports) {
            String id = report.endpoint().id();
            if (values.containsKey(id) || values.size() < MOST) {
                values.put(id, report.inFlight());
            } else {
                full = true;
                other += report.inFlight();
            }
        }
        long now = clock.getAsLong();
        values.entrySet().removeIf(entry -> gone.over(entry.getKey(), entry.getValue() >= 0, now));
        values.forEach(
                (endpoint, n) -> gauge.dataPoint(point(Labels.of("pool", pool, "endpoint", endpoint), Math.max(0, n))));
        if (full) {
            gauge.dataPoint(point(Labels.of("pool", pool, "endpoint", FewCounters.OTHER), other));
        }
    }

    /** All states of each role that is there, zeros too: an alert on a state must not depend on its first occurrence. */
    private static void endpoints(GaugeSnapshot.Builder gauge, String pool, List<EndpointReport> reports) {
        Map<Role, Map<EndpointStatus, Integer>> counts = new EnumMap<>(Role.class);
        for (EndpointReport report : reports) {
            counts.computeIfAbsent(report.endpoint().role(), role -> new EnumMap<>(EndpointStatus.class))
                    .merge(report.status(), 1, Integer::sum);
        }
        counts.forEach((role, states) -> {
            for (EndpointStatus state : EndpointStatus.values()) {
                gauge.dataPoint(point(
                        Labels.of("pool", pool, "role", role.label(), "state", state.label()),
                        states.getOrDefault(state, 0)));
            }
        });
    }

    private GaugeSnapshot perPool(String name, String help, ToDoubleFunction<PoolView> value) {
        GaugeSnapshot.Builder gauge = gauge(name, help);
        for (PoolView pool : pools.values()) {
            gauge.dataPoint(point(Labels.of("pool", pool.name()), value.applyAsDouble(pool)));
        }
        return gauge.build();
    }

    private static GaugeSnapshot.Builder gauge(String name, String help) {
        return GaugeSnapshot.builder().name("sluice_" + name).help(help);
    }

    private static GaugeDataPointSnapshot point(Labels labels, double value) {
        return GaugeDataPointSnapshot.builder().labels(labels).value(value).build();
    }
}
