package dev.sluice.gateway.metrics;

import io.prometheus.metrics.model.snapshots.Labels;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** llm-d's series of pools: what engines in service report, averaged over those that do, and what waits in the gateway. */
final class LlmdPools {
    private static final String EPP = "llm_d_epp_";
    private final Map<String, PoolView> pools;

    LlmdPools(Map<String, PoolView> pools) {
        this.pools = pools;
    }

    void add(Twins twins) {
        figure(twins, "kv_cache_utilization", "Share of the KV cache in use", PoolView.Figures::kvUsage);
        figure(twins, "queue_size", "Requests waiting in an engine", PoolView.Figures::waiting);
        figure(twins, "running_requests", "Requests running in an engine", PoolView.Figures::running);
        Map<Labels, Double> ready = new TreeMap<>();
        Map<Labels, Double> queues = new TreeMap<>();
        Map<Labels, Double> requests = new TreeMap<>();
        Map<Labels, Double> tokens = new TreeMap<>();
        Map<Labels, Double> queued = new TreeMap<>();
        Map<Labels, Double> bytes = new TreeMap<>();
        Map<Labels, Double> blocks = new TreeMap<>();
        for (PoolView pool : pools.values()) {
            List<PoolView.Figures> figures = pool.figures();
            ready.put(Labels.of("name", pool.name()), (double) figures.size());
            for (PoolView.Figures engine : figures) {
                if (!Double.isNaN(engine.waiting())) {
                    queues.put(Labels.of("name", pool.name(), "model_server_pod", engine.endpoint()), engine.waiting());
                }
                Labels labels = endpoint(engine.endpoint()).merge(LlmdSeries.FLOW);
                requests.merge(labels, engine.inFlight(), Double::sum);
                tokens.merge(labels, engine.pendingTokens(), Double::sum);
            }
            Labels flow = Labels.of("inference_pool", pool.name(), "model_name", "", "target_model_name", "")
                    .merge(LlmdSeries.FLOW);
            queued.put(flow, (double) pool.queueSize());
            bytes.put(flow, (double) pool.queueBytes());
            blocks.merge(
                    Labels.of(
                            "plugin_name",
                            "approx-prefix-cache-producer",
                            "plugin_type",
                            "approx-prefix-cache-producer"),
                    (double) pool.indexBlocks(),
                    Double::sum);
        }
        twins.gauge(EPP + "ready_endpoints", "Endpoints in service", ready);
        twins.gauge("inference_pool_ready_pods", "Endpoints in service", ready);
        twins.gauge("inference_pool_per_pod_queue_size", "Requests waiting in an engine", queues);
        twins.gauge(EPP + "inflight_requests", "Requests charged to an endpoint and not yet settled", requests);
        twins.gauge(EPP + "inflight_tokens", "Uncached prompt tokens that an endpoint has yet to compute", tokens);
        for (String prefix : List.of(EPP, "inference_extension_")) {
            twins.gauge(prefix + "flow_control_queue_size", "Requests that wait for a place", queued);
            twins.gauge(prefix + "flow_control_queue_bytes", "Bytes of the bodies of requests that wait", bytes);
            twins.gauge(prefix + "prefix_indexer_size", "Blocks in the prefix index", blocks);
        }
    }

    private static Labels endpoint(String id) {
        int slash = id.indexOf('/');
        return Labels.of(
                "endpoint_name",
                id.substring(slash + 1),
                "namespace",
                slash < 0 ? "" : id.substring(0, slash),
                "producer_name",
                "inflight-load-producer");
    }

    /** Mean and standard deviation. A pool of which nothing is known has neither: unknown is not zero. */
    private void figure(Twins twins, String name, String help, ToDoubleFunction<PoolView.Figures> value) {
        Map<Labels, Double> means = new TreeMap<>();
        Map<Labels, Double> deviations = new TreeMap<>();
        for (PoolView pool : pools.values()) {
            double[] known = pool.figures().stream()
                    .mapToDouble(value)
                    .filter(v -> !Double.isNaN(v))
                    .toArray();
            if (known.length > 0) {
                double mean = 0;
                for (double v : known) {
                    mean += v / known.length;
                }
                double variance = 0;
                for (double v : known) {
                    variance += (v - mean) * (v - mean) / known.length;
                }
                means.put(Labels.of("name", pool.name()), mean);
                deviations.put(Labels.of("name", pool.name()), Math.sqrt(variance));
            }
        }
        twins.gauge(EPP + "average_" + name, help + ", mean of those that report it", means);
        twins.gauge("inference_pool_average_" + name, help + ", mean of those that report it", means);
        twins.gauge(EPP + "std_dev_" + name, help + ", standard deviation of those that report it", deviations);
    }
}
