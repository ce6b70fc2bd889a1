package dev.sluice.simulator;

import dev.sluice.simulator.transfer.ConnectorKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The {@code /metrics} page. Its families, help texts, labels and order come from a page of a real vLLM 0.32.0, kept as a template
 * without values; what the engine model knows is filled in, the rest is 0.
 */
final class MetricsPage {
    private final Service service;
    private final List<String> template;

    MetricsPage(Service service) {
        this.service = service;
        var profile = service.profile;
        try (var in = Objects.requireNonNull(MetricsPage.class.getResourceAsStream("metrics.txt"), "metrics.txt")) {
            var text = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .replace("$MODEL", escape(service.options.servedModel()))
                    .replace("$BLOCK_SIZE", "" + profile.blockSize())
                    .replace("$BLOCKS", "" + profile.kvBlocks())
                    .replace("$KV_TOKENS", "" + profile.kvTokens())
                    .replace("$CONCURRENCY", "" + (double) profile.kvTokens() / profile.maxModelLen())
                    .replace("$CACHING", profile.prefixCaching() ? "True" : "False");
            template = text.lines().flatMap(this::chosen).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A line that is there only with some connector says so in front. */
    private Stream<String> chosen(String line) {
        var kind = service.options.transfer().kind();
        if (line.startsWith("@nixl ")) {
            return kind == ConnectorKind.NIXL || kind == ConnectorKind.NIXL_PUSH
                    ? Stream.of(line.substring(6))
                    : Stream.of();
        }
        if (line.startsWith("@kv ")) {
            return kind == ConnectorKind.NONE ? Stream.of() : Stream.of(line.substring(4));
        }
        return Stream.of(line);
    }

    /** The page now; every number is NaN when {@code nan}, as a broken exporter would say. */
    String render(boolean nan) {
        var out = new StringBuilder(80_000);
        var labels = "engine=\"0\",model_name=\"" + escape(service.options.servedModel()) + "\"";
        service.driver.with(engine -> {
            var values = values(engine);
            stateOf(values, engine);
            var histograms = new HashMap<>(histograms(engine.stats()));
            service.driver.exchanges().stats().forEachHistogram(histograms::put);
            for (var line : template) {
                if (line.startsWith("@histogram ")) {
                    var name = line.substring("@histogram ".length());
                    histogram(out, name, labels, Objects.requireNonNull(histograms.get(name), name));
                } else if (line.equals("@lora")) {
                    lora(out, engine);
                } else if (line.startsWith("process_start_time_seconds ")) {
                    out.append("process_start_time_seconds ")
                            .append(service.started.toEpochMilli() / 1e3)
                            .append('\n');
                } else if (line.equals("@http")) {
                    http(out);
                } else if (line.startsWith("vllm:") && line.endsWith("}")) {
                    var created = line.substring(0, line.indexOf('{')).endsWith("_created");
                    var value = created ? service.started.toEpochMilli() / 1e3 : values.getOrDefault(key(line), 0.0);
                    out.append(line).append(' ').append(value).append('\n');
                } else {
                    out.append(line).append('\n');
                }
            }
            return out;
        });
        return nan ? out.toString().replaceAll("(?m)^([^#].*) \\S+$", "$1 NaN") : out.toString();
    }

    /** Name and the labels that tell the series of one family apart. */
    private static String key(String line) {
        var brace = line.indexOf('{');
        var key = new StringBuilder(line.substring(0, brace));
        for (var label : new String[] {"reason", "finished_reason", "source", "sleep_state", "stage"}) {
            var at = line.indexOf("," + label + "=\"");
            at = at < 0 ? line.indexOf("{" + label + "=\"") : at;
            if (at >= 0) {
                var start = at + label.length() + 3;
                key.append(' ').append(line, start, line.indexOf('"', start));
            }
        }
        return key.toString();
    }

    private static Map<String, Double> values(Engine engine) {
        var stats = engine.stats();
        var values = new HashMap<String, Double>();
        values.put("vllm:num_requests_running", (double) engine.running());
        values.put("vllm:num_requests_waiting", (double) engine.waiting());
        values.put("vllm:num_requests_waiting_by_reason capacity", (double)
                (engine.waiting() - engine.kv().deferred()));
        values.put("vllm:num_requests_waiting_by_reason deferred", (double)
                engine.kv().deferred());
        values.put("vllm:num_requests_kv_fetch_by_stage in_progress", (double)
                engine.kv().deferred());
        values.put("vllm:kv_cache_usage_perc", engine.kvUsage());
        values.put("vllm:prefix_cache_queries_total", (double) stats.prefixQueries());
        values.put("vllm:prefix_cache_hits_total", (double) stats.prefixHits());
        values.put("vllm:num_preemptions_total", (double) stats.preemptions());
        values.put("vllm:prompt_tokens_total", (double) stats.promptTokens());
        values.put("vllm:prompt_tokens_by_source_total local_compute", (double)
                (stats.promptTokens() - stats.cachedPromptTokens - stats.externalPromptTokens));
        values.put("vllm:prompt_tokens_by_source_total local_cache_hit", (double) stats.cachedPromptTokens);
        values.put("vllm:prompt_tokens_by_source_total external_kv_transfer", (double) stats.externalPromptTokens);
        values.put("vllm:prompt_tokens_cached_total", (double) (stats.cachedPromptTokens + stats.externalPromptTokens));
        values.put("vllm:prompt_tokens_cached_by_source_total device", (double) stats.cachedPromptTokens);
        values.put("vllm:prompt_tokens_cached_by_source_total p2p", (double) stats.externalPromptTokens);
        values.put("vllm:generation_tokens_total", (double) stats.generationTokens());
        // A client that leaves is not counted by a real vLLM 0.32: finished_reason abort stays 0.
        values.put("vllm:request_success_total stop", (double) stats.finished(FinishReason.STOP));
        values.put("vllm:request_success_total length", (double) stats.finished(FinishReason.LENGTH));
        values.put("vllm:request_success_total error", (double) stats.finished(FinishReason.ERROR));
        values.put("vllm:admission_rejections_total max_num_queued_reqs", (double) stats.queueRefusals());
        return values;
    }

    private void stateOf(Map<String, Double> values, Engine engine) {
        var level = service.driver.sleepLevel();
        values.put("vllm:engine_sleep_state awake", level == 0 ? 1.0 : 0.0);
        values.put("vllm:engine_sleep_state weights_offloaded", level == 1 ? 1.0 : 0.0);
        values.put("vllm:engine_sleep_state discard_all", level > 1 ? 1.0 : 0.0);
        var stats = engine.stats();
        var transfers = service.driver.exchanges().stats();
        if (service.options.transfer().kind() != ConnectorKind.NONE) {
            // Whatever is not found here is looked for elsewhere, on the prefill side too.
            values.put(
                    "vllm:external_prefix_cache_queries_total", (double) (stats.prefixQueries() - stats.prefixHits()));
            values.put("vllm:external_prefix_cache_hits_total", (double) stats.externalHits());
        }
        values.put("vllm:nixl_num_failed_transfers_total", (double) transfers.failures());
        values.put("vllm:nixl_num_kv_expired_reqs_total", (double) stats.expiredLeases());
        values.put("vllm:nixl_num_notifications_after_expiry_total", (double) transfers.lateReleases());
    }

    private static Map<String, Histogram> histograms(EngineStats stats) {
        return Map.ofEntries(
                Map.entry("vllm:request_prompt_tokens", stats.requestPromptTokens),
                Map.entry("vllm:request_generation_tokens", stats.requestGenerationTokens),
                Map.entry("vllm:iteration_tokens_total", stats.iterationTokens),
                Map.entry("vllm:request_max_num_generation_tokens", stats.requestGenerationTokens),
                Map.entry("vllm:request_params_n", stats.requestParamsN),
                Map.entry("vllm:request_params_max_tokens", stats.requestMaxTokens),
                Map.entry("vllm:time_to_first_token_seconds", stats.timeToFirstToken),
                Map.entry("vllm:inter_token_latency_seconds", stats.interToken),
                Map.entry("vllm:request_time_per_output_token_seconds", stats.timePerOutputToken),
                Map.entry("vllm:e2e_request_latency_seconds", stats.endToEnd),
                Map.entry("vllm:request_queue_time_seconds", stats.queueTime),
                Map.entry("vllm:request_inference_time_seconds", stats.inferenceTime),
                Map.entry("vllm:request_prefill_time_seconds", stats.prefillTime),
                Map.entry("vllm:request_decode_time_seconds", stats.decodeTime),
                Map.entry("vllm:request_num_preemptions", stats.requestPreemptions),
                Map.entry("vllm:request_prefill_kv_computed_tokens", stats.requestPrefillComputed));
    }

    private static void histogram(StringBuilder out, String name, String labels, Histogram histogram) {
        var comma = labels.indexOf(',');
        var sum = 0L;
        for (var i = 0; i < histogram.buckets(); i++) {
            sum += histogram.count(i);
            var bound = histogram.bound(i);
            out.append(name).append("_bucket{").append(labels, 0, comma).append(",le=\"");
            out.append(bound(bound)).append('"').append(labels, comma, labels.length());
            out.append("} ").append((double) sum).append('\n');
        }
        out.append(name)
                .append("_count{")
                .append(labels)
                .append("} ")
                .append((double) histogram.count())
                .append('\n');
        out.append(name)
                .append("_sum{")
                .append(labels)
                .append("} ")
                .append(histogram.sum())
                .append('\n');
    }

    /** As Prometheus' Python client writes it. */
    private static String bound(double bound) {
        if (Double.isInfinite(bound)) {
            return "+Inf";
        }
        if (bound < 1e6) {
            return "" + bound;
        }
        var power = (int) Math.floor(Math.log10(bound));
        return new BigDecimal(bound).movePointLeft(power).stripTrailingZeros().toPlainString()
                + String.format("e+%02d", power);
    }

    private void lora(StringBuilder out, Engine engine) {
        service.adapters
                .requests(engine, System.currentTimeMillis() / 1e3)
                .forEach((labels, at) -> out.append("vllm:lora_requests_info{max_lora=\"")
                        .append(service.options.maxLoras())
                        .append("\",")
                        .append(labels)
                        .append("} ")
                        .append(at)
                        .append('\n'));
    }

    private void http(StringBuilder out) {
        out.append("# HELP http_requests_total Total number of requests by method, status and handler.\n");
        out.append("# TYPE http_requests_total counter\n");
        service.http.forEachRequest((key, count) -> out.append("http_requests_total{handler=\"")
                .append(key.handler())
                .append("\",method=\"")
                .append(key.method())
                .append("\",status=\"")
                .append(key.status())
                .append("\"} ")
                .append((double) count)
                .append('\n'));
        var sizes = new ArrayList<>(service.http.sizes().entrySet());
        out.append("# HELP http_request_size_bytes Content length of incoming requests by handler.\n");
        out.append("# TYPE http_request_size_bytes summary\n");
        sizes.forEach(e -> summary(out, "http_request_size_bytes", e.getKey(), e.getValue().count, e.getValue().in));
        out.append("# HELP http_response_size_bytes Content length of outgoing responses by handler.\n");
        out.append("# TYPE http_response_size_bytes summary\n");
        sizes.forEach(e -> summary(out, "http_response_size_bytes", e.getKey(), e.getValue().count, e.getValue().out));
        out.append("# HELP http_request_duration_seconds Latency with only few buckets by handler.\n");
        out.append("# TYPE http_request_duration_seconds histogram\n");
        for (var each : sizes) {
            var histogram = each.getValue().seconds;
            var handler = "handler=\"" + escape(each.getKey()) + "\",method=\"POST\"";
            IntStream.range(0, histogram.buckets())
                    .forEach(i -> out.append("http_request_duration_seconds_bucket{")
                            .append(handler.replace(
                                    ",method",
                                    ",le=\""
                                            + (Double.isInfinite(histogram.bound(i)) ? "+Inf" : "" + histogram.bound(i))
                                            + "\",method"))
                            .append("} ")
                            .append((double) IntStream.rangeClosed(0, i)
                                    .mapToLong(histogram::count)
                                    .sum())
                            .append('\n'));
            out.append("http_request_duration_seconds_count{").append(handler).append("} ");
            out.append((double) histogram.count()).append('\n');
            out.append("http_request_duration_seconds_sum{").append(handler).append("} ");
            out.append(histogram.sum()).append('\n');
        }
    }

    private static void summary(StringBuilder out, String name, String handler, long count, long sum) {
        var labels = "{handler=\"" + escape(handler) + "\"} ";
        out.append(name).append("_count").append(labels).append((double) count).append('\n');
        out.append(name).append("_sum").append(labels).append((double) sum).append('\n');
    }

    private static String escape(String label) {
        return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
