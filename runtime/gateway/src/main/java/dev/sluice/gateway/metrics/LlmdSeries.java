package dev.sluice.gateway.metrics;

import dev.sluice.spi.Endpoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * llm-d's series, under its names of now ({@code llm_d_epp_}) and of before ({@code inference_objective_},
 * {@code inference_pool_}, {@code inference_extension_}, {@code llm_d_inference_scheduler_}), with what this gateway truly knows. Priority is 0 and fairness id
 * {@code default-flow} for all requests, as in llm-d without flow control. Models come from configuration and engines only.
 */
public final class LlmdSeries implements MultiCollector {
    private static final String EPP = "llm_d_epp_";
    private static final String OBJECTIVE = "inference_objective_";
    private static final String EXTENSION = "inference_extension_";
    private static final String SCHEDULER = "llm_d_inference_scheduler_";
    private static final Labels PRIORITY = Labels.of("priority", "0");
    static final Labels FLOW = Labels.of("fairness_id", "default-flow", "priority", "0");
    /** Models, past which all new ones are one, as in llm-d. */
    private static final int MOST = 1000;

    private static final double[] LATENCY = {
        0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 120, 180,
        240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600
    };
    private static final double[] TTFT = {
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 20, 30, 60,
        120
    };
    private static final double[] PER_TOKEN = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
    private static final double[] OWN = {0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1};

    private final String version;
    private final LlmdPools pools;
    private final Counter requests = counter("model_name", "target_model_name");
    private final Counter errors = counter("model_name", "target_model_name", "error_code");
    private final Counter attempts = counter("status", "target_model_name", "endpoint_name", "namespace", "port");
    private final Counter splits = counter("plugin_name", "plugin_type", "model_name", "decision_type");
    private final Histogram duration = histogram(LATENCY);
    private final Histogram perToken = histogram(PER_TOKEN);
    private final Histogram streamed = histogram(PER_TOKEN);
    private final Histogram requestSize = histogram(powers(64, 25));
    private final Histogram answerSize = histogram(powers(1, 17));
    private final Histogram prompt = histogram(powers(1, 21));
    private final Histogram cached = histogram(powers(1, 21));
    private final Histogram output = histogram(powers(1, 14));
    private final Histogram firstToken = histogram(TTFT, "model_name", "target_model_name", "streaming");
    private final Histogram decision = histogram(OWN, new String[0]);
    private final Map<Key, LongAdder> running = new ConcurrentHashMap<>();
    private volatile boolean on;

    private record Key(String model, String target) {}

    LlmdSeries(String version, Map<String, PoolView> pools) {
        this.version = version;
        this.pools = new LlmdPools(pools);
    }

    /** Shows them, or shows and counts nothing. */
    void show(boolean shown) {
        on = shown;
    }

    /**
     * A request has found its pool.
     *
     * @param model what the client named; empty when it named none
     * @param target what the engine is asked for
     */
    public LlmdRequest begin(String model, String target) {
        if (!on) {
            return LlmdRequest.NONE;
        }
        boolean room = running.size() < MOST || running.containsKey(new Key(model, target));
        return room ? new Counted(model, target) : new Counted(FewCounters.OTHER, FewCounters.OTHER);
    }

    void decided(long nanos) {
        if (on) {
            decision.observe(nanos / 1e9);
        }
    }

    /** A request that is counted. */
    final class Counted implements LlmdRequest {
        private final String model;
        private final String target;
        private final LongAdder mine;

        private Counted(String model, String target) {
            this.model = model;
            this.target = target;
            this.mine = running.computeIfAbsent(new Key(model, target), key -> new LongAdder());
            mine.increment();
            requests.labelValues(model, target).inc();
        }

        @Override
        public void placed(Endpoint endpoint) {
            int slash = endpoint.id().indexOf('/');
            attempts.labelValues(
                            "success",
                            target,
                            endpoint.id().substring(slash + 1),
                            slash < 0 ? "" : endpoint.id().substring(0, slash),
                            endpoint.address().substring(endpoint.address().lastIndexOf(':') + 1))
                    .inc();
        }

        @Override
        public void unplaced() {
            attempts.labelValues("failure", target, "", "", "").inc();
        }

        @Override
        public void disaggregated(String type, String name, boolean split) {
            splits.labelValues(name, type, model, split ? "prefill-decode" : "decode-only")
                    .inc();
        }

        @Override
        public void firstToken(long nanos, boolean streaming) {
            firstToken.labelValues(model, target, Boolean.toString(streaming)).observe(nanos / 1e9);
        }

        @Override
        public void perToken(long nanos) {
            streamed.labelValues(model, target).observe(nanos / 1e9);
        }

        @Override
        public void ended(int status, long nanos, End end) {
            mine.decrement();
            if (status >= 400) {
                errors.labelValues(model, target, word(status)).inc();
            }
            duration.labelValues(model, target).observe(nanos / 1e9);
            observe(requestSize, end.bytesIn());
            observe(answerSize, end.bytesOut());
            observe(prompt, end.promptTokens());
            observe(cached, end.cachedTokens());
            observe(output, end.outputTokens());
            if (end.outputTokens() > 0) {
                perToken.labelValues(model, target).observe(nanos / 1e9 / end.outputTokens());
            }
        }

        private void observe(Histogram histogram, long value) {
            if (value >= 0) {
                histogram.labelValues(model, target).observe((double) value);
            }
        }
    }

    /** llm-d's words for what a client is sent. */
    private static String word(int status) {
        return switch (status) {
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "NotFound";
            case 412 -> "PreconditionFailed";
            case 429 -> "ResourceExhausted";
            case 499 -> "ClientDisconnected";
            case 500 -> "Internal";
            case 503 -> "ServiceUnavailable";
            default -> status < 500 ? "BadRequest" : "ModelServerError";
        };
    }

    @Override
    public MetricSnapshots collect() {
        if (!on) {
            return new MetricSnapshots();
        }
        Twins twins = new Twins();
        String count = "Requests that found their pool";
        twins.counter(EPP + "request", count, requests.collect(), LlmdSeries::flow);
        twins.counter(OBJECTIVE + "request", count, requests.collect(), labels -> labels.merge(PRIORITY));
        String failed = "Requests that ended in an error, by llm-d's word for it";
        twins.counter(EPP + "request_error", failed, errors.collect(), LlmdSeries::flow);
        twins.counter(OBJECTIVE + "request_error", failed, errors.collect(), LlmdSeries::same);
        twin(twins, duration, "request_duration_seconds", "request_duration_seconds", "Time of a whole request");
        twin(twins, requestSize, "request_size_bytes", "request_sizes", "Bytes of a request's body");
        twin(twins, answerSize, "response_size_bytes", "response_sizes", "Bytes of an answer");
        twin(twins, prompt, "request_input_tokens", "input_tokens", "Prompt tokens of a request");
        twin(twins, output, "request_output_tokens", "output_tokens", "Tokens that a request generated");
        twin(
                twins,
                cached,
                "request_cached_tokens",
                "prompt_cached_tokens",
                "Prompt tokens that the engine found in its cache");
        twin(
                twins,
                perToken,
                "request_ntpot_seconds",
                "normalized_time_per_output_token_seconds",
                "Time of a whole request by its output tokens");
        twins.histogram(
                EPP + "request_ttft_seconds", "Time to the first token", firstToken.collect(), LlmdSeries::flow);
        twins.histogram(
                EPP + "request_streaming_tpot_seconds",
                "Mean time per output token after the first, of streams",
                streamed.collect(),
                LlmdSeries::flow);
        running(twins);
        String own = "Time of one decision where a request goes";
        twins.histogram(EPP + "scheduler_e2e_duration_seconds", own, decision.collect(), LlmdSeries::same);
        twins.histogram(EXTENSION + "scheduler_e2e_duration_seconds", own, decision.collect(), LlmdSeries::same);
        String placed = "Decisions by whether an endpoint was chosen, and which";
        twins.counter(EPP + "scheduler_attempts", placed, attempts.collect(), LlmdSeries::same);
        twins.counter(EXTENSION + "scheduler_attempts", placed, attempts.collect(), LlmdSeries::pod);
        String split = "Decisions whether the prompt is computed elsewhere";
        for (String prefix : new String[] {EPP, SCHEDULER}) {
            twins.counter(prefix + "disagg_decision", split, splits.collect(), LlmdSeries::same);
            twins.counter(prefix + "pd_decision", split, splits.collect(), LlmdSeries::same);
        }
        for (String prefix : new String[] {EPP, EXTENSION}) {
            twins.gauge(
                    prefix + "info",
                    "Which build this is",
                    Map.of(Labels.of("commit", "sluice-" + version, "build_ref", version), 1.0));
        }
        pools.add(twins);
        return new MetricSnapshots(twins.all());
    }

    private static void twin(Twins twins, Histogram from, String now, String before, String help) {
        twins.histogram(EPP + now, help, from.collect(), LlmdSeries::flow);
        twins.histogram(OBJECTIVE + before, help, from.collect(), LlmdSeries::same);
    }

    private void running(Twins twins) {
        Map<Labels, Double> now = new TreeMap<>();
        Map<Labels, Double> before = new TreeMap<>();
        running.forEach((key, requests) -> {
            Labels labels = Labels.of("model_name", key.model, "target_model_name", key.target);
            now.put(labels.merge(FLOW), (double) requests.sum());
            before.merge(Labels.of("model_name", key.model), (double) requests.sum(), Double::sum);
        });
        twins.gauge(EPP + "request_running", "Requests that have not ended", now);
        twins.gauge(OBJECTIVE + "running_requests", "Requests that have not ended", before);
    }

    private static Labels pod(Labels labels) {
        String[] names = new String[labels.size()];
        String[] values = new String[labels.size()];
        for (int i = 0; i < names.length; i++) {
            names[i] = labels.getName(i).equals("endpoint_name") ? "pod_name" : labels.getName(i);
            values[i] = labels.getValue(i);
        }
        return Labels.of(names, values);
    }

    private static Labels flow(Labels labels) {
        return labels.merge(FLOW);
    }

    private static Labels same(Labels labels) {
        return labels;
    }

    private static Counter counter(String... labels) {
        return Counter.builder().name("x").withoutExemplars().labelNames(labels).build();
    }

    private static Histogram histogram(double... bounds) {
        return histogram(bounds, "model_name", "target_model_name");
    }

    private static Histogram histogram(double[] bounds, String... labels) {
        return Histogram.builder()
                .name("x")
                .withoutExemplars()
                .classicOnly()
                .classicUpperBounds(bounds)
                .labelNames(labels)
                .build();
    }

    private static double[] powers(double first, int count) {
        double[] bounds = new double[count];
        for (int i = 0; i < count; i++) {
            bounds[i] = first * Math.pow(2, i);
        }
        return bounds;
    }
}
