package dev.sluice.gateway.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.EndpointStatus;
import dev.sluice.gateway.kv.KvStatus;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MetersTest {
    private static final Path DOCS = Path.of("..", "..", "docs", "metrics.md");
    private final AtomicLong clock = new AtomicLong();
    private final Meters meters = new Meters("1.2.3", clock::get);
    private final List<EndpointReport> reports = new ArrayList<>();

    @AfterEach
    void close() {
        meters.close();
    }

    @Test
    void aRequestIsCountedUnderAllItsLabels() throws IOException {
        Lane lane = meters.lane("chat", "acme", "/v1/chat/completions");
        lane.ended(200, "ok", 30_000_000);
        lane.ended(200, "ok", 700_000_000);
        lane.ended(503, "overloaded", 1_000_000);
        lane.tokens("m", 100, 64, 20);
        lane.tokens("m", 10, -1, 5);
        assertThat(page())
                .contains(
                        "sluice_requests_total{pool=\"chat\",reason=\"ok\",route=\"/v1/chat/completions\",status=\"200\","
                                + "tenant=\"acme\"} 2.0")
                .contains("reason=\"overloaded\",route=\"/v1/chat/completions\",status=\"503\",tenant=\"acme\"} 1.0")
                .contains("sluice_tokens_total{kind=\"prompt\",model=\"m\",pool=\"chat\",tenant=\"acme\"} 110.0")
                .contains("sluice_tokens_total{kind=\"cached\",model=\"m\",pool=\"chat\",tenant=\"acme\"} 64.0")
                .contains("sluice_tokens_total{kind=\"generated\",model=\"m\",pool=\"chat\",tenant=\"acme\"} 25.0")
                .contains(
                        "sluice_request_duration_seconds_bucket{pool=\"chat\",route=\"/v1/chat/completions\",le=\"0.05\"} 2")
                .contains("sluice_request_duration_seconds_count{pool=\"chat\",route=\"/v1/chat/completions\"} 3");
    }

    @Test
    void gaugesShowThePoolAsItIsAtTheScrape() throws IOException {
        reports.add(report("a", EndpointStatus.READY, 3));
        reports.add(report("b", EndpointStatus.EJECTED, 0));
        meters.bindPool(new FakePool());
        assertThat(page())
                .contains("sluice_requests_in_flight{endpoint=\"a\",pool=\"chat\"} 3.0")
                .contains("sluice_endpoints{pool=\"chat\",role=\"both\",state=\"ready\"} 1.0")
                .contains("sluice_endpoints{pool=\"chat\",role=\"both\",state=\"ejected\"} 1.0")
                .contains("sluice_endpoints{pool=\"chat\",role=\"both\",state=\"draining\"} 0.0")
                .contains("sluice_queue_requests{pool=\"chat\"} 4.0")
                .contains("sluice_queue_bytes{pool=\"chat\"} 4096.0")
                .contains("sluice_index_blocks{pool=\"chat\"} 77.0")
                .contains("sluice_discovery_problems{pool=\"chat\"} 1.0");
        reports.set(0, report("a", EndpointStatus.READY, 5));
        assertThat(page()).contains("sluice_requests_in_flight{endpoint=\"a\",pool=\"chat\"} 5.0");
        meters.unbindPool("chat");
        assertThat(page()).doesNotContain("sluice_queue_requests{");
    }

    @Test
    void anEndpointThatLeftIsShownAtZeroForFiveMinutes() throws IOException {
        reports.add(report("a", EndpointStatus.READY, 3));
        meters.bindPool(new FakePool());
        page();
        reports.clear();
        String zero = "sluice_requests_in_flight{endpoint=\"a\",pool=\"chat\"} 0.0";
        assertThat(page()).contains(zero);
        pass(Duration.ofMinutes(4));
        assertThat(page()).contains(zero);
        pass(Duration.ofMinutes(2));
        assertThat(page()).doesNotContain("endpoint=\"a\"");
    }

    @Test
    void theSeriesOfATenantThatLeftEndAfterFiveMinutes() throws IOException {
        meters.tenants(Set.of("acme", "zeta"));
        for (String tenant : List.of("acme", "zeta")) {
            Lane lane = meters.lane("chat", tenant, "/v1/completions");
            lane.ended(200, "ok", 1);
            lane.tokens("m", 1, 1, 1);
        }
        meters.bindPool(new FakePool());
        meters.tenants(Set.of("zeta"));
        assertThat(page()).contains("tenant=\"acme\"");
        pass(Duration.ofMinutes(6));
        assertThat(page())
                .doesNotContain("tenant=\"acme\"")
                .contains("tenant=\"zeta\"")
                .contains("sluice_request_duration_seconds_count{pool=\"chat\",route=\"/v1/completions\"} 2");
        meters.lane("chat", "zeta", "/v1/completions").ended(200, "ok", 1);
        meters.unbindPool("chat");
        page();
        pass(Duration.ofMinutes(6));
        assertThat(page())
                .doesNotContain("tenant=\"zeta\"")
                .doesNotContain("sluice_request_duration_seconds_count{pool");
    }

    @Test
    void pastAThousandTenantsAndEndpointsTheRestIsOther() throws IOException {
        for (int i = 0; i < 1100; i++) {
            meters.lane("chat", "tenant" + i, "/v1/completions").ended(200, "ok", 1);
            reports.add(report("endpoint" + i, EndpointStatus.READY, 1));
        }
        meters.bindPool(new FakePool());
        assertThat(page())
                .contains("status=\"200\",tenant=\"other\"} 100.0")
                .contains("sluice_requests_in_flight{endpoint=\"other\",pool=\"chat\"} 100.0")
                .contains("tenant=\"tenant999\"")
                .doesNotContain("tenant=\"tenant1000\"")
                .doesNotContain("endpoint=\"endpoint1000\"");
    }

    @Test
    void aFloodOfReasonsMakesFewSeries() throws IOException {
        Lane lane = meters.lane("chat", "acme", "/v1/completions");
        for (int i = 0; i < 5000; i++) {
            lane.ended(200 + i % 300, "reason" + i, 1);
        }
        assertThat(page().lines()
                        .filter(line -> line.startsWith("sluice_requests_total{"))
                        .count())
                .isLessThan(400);
    }

    @Test
    void pluginsAreCountedByTypeAndNameAndFaultsFindTheirMeter() throws IOException {
        meters.plugin("scorer", "prefix-cache-scorer", "prefix").count("ok");
        meters.plugin("scorer", "prefix-cache-scorer", "prefix").time(2_000);
        meters.pluginFault("scorer", "prefix", new IllegalStateException("x"));
        assertThat(page())
                .contains("sluice_plugin_calls_total{name=\"prefix\",outcome=\"ok\",point=\"scorer\","
                        + "type=\"prefix-cache-scorer\"} 1.0")
                .contains("sluice_plugin_calls_total{name=\"prefix\",outcome=\"fault\",point=\"scorer\","
                        + "type=\"prefix-cache-scorer\"} 1.0");
    }

    @Test
    void reloadsSayWhetherTheLastOneWasGood() throws IOException {
        assertThat(page()).contains("sluice_config_last_reload_successful 1.0");
        meters.configReload(false);
        assertThat(page())
                .contains("sluice_config_last_reload_successful 0.0")
                .contains("sluice_config_reloads_total{outcome=\"failure\"} 1.0")
                .contains("sluice_config_reloads_total{outcome=\"success\"} 0.0");
    }

    @Test
    void theJvmAndTheProcessAreThere() throws IOException {
        assertThat(page())
                .contains("sluice_build_info{java=\"" + System.getProperty("java.version") + "\",version=\"1.2.3\"} 1")
                .contains("jvm_memory_used_bytes{")
                .contains("jvm_threads_live_threads ")
                .contains("process_cpu_seconds_total ")
                .contains("process_resident_memory_bytes ");
    }

    @Test
    void theDocumentationListsEverySeriesWithItsLabels() throws IOException {
        reports.add(report("a", EndpointStatus.READY, 3));
        meters.bindPool(new FakePool());
        Lane lane = meters.lane("chat", "acme", "/v1/chat/completions");
        lane.ended(200, "ok", 1);
        lane.firstToken(1);
        lane.perToken(1);
        lane.queued(1);
        lane.prefix(1, 1);
        lane.tokens("m", 1, 1, 1);
        meters.decision(1);
        meters.decisionFallback("exception");
        meters.plugin("scorer", "t", "n").count("ok");
        meters.plugin("scorer", "t", "n").time(1);
        meters.attempt("completed");
        meters.promptTokens("exact");
        meters.kvCounts().events("chat", "applied", 1);
        meters.kvCounts().reset("chat", "told");
        meters.kvPrompt("chat", "asked");
        meters.disaggregation("prefill-decode");
        meters.disaggregationFailure("handover");
        meters.configReload(true);
        String expected = documented(page()) + llmdDocumented();
        if (Boolean.getBoolean("sluice.docs.write")) {
            Files.writeString(DOCS, expected);
        }
        assertThat(DOCS)
                .content()
                .as("docs/metrics.md; -Dsluice.docs.write=true writes it")
                .isEqualTo(expected);
    }

    /** The page's second part: the same of llm-d's series. */
    private String llmdDocumented() throws IOException {
        meters.showLlmd(true);
        LlmdRequest request = meters.llmd().begin("m", "t");
        request.placed(new Endpoint("ns/e", "h:1", Role.BOTH, Map.of()));
        request.firstToken(1, true);
        request.perToken(1);
        request.ended(500, 1, new LlmdRequest.End(1, 1, 1, 1, 1));
        meters.decision(1);
        Map<String, String> rows = new TreeMap<>();
        Map<String, String> help = new TreeMap<>();
        for (String line : page().lines().toList()) {
            String[] words = line.split(" ", 4);
            boolean theirs = words.length > 2 && words[2].matches("(llm_d_epp|inference_[a-z]+)_.*");
            if (theirs && line.startsWith("# HELP ")) {
                help.put(words[2], words[3]);
            } else if (theirs && line.startsWith("# TYPE ")) {
                rows.put(words[2], "| `" + words[2] + "` | " + words[3] + " | " + help.get(words[2]) + " |\n");
            }
        }
        return """

                ## llm-d's names

                With `metrics: {compatibility: llm-d}`, and when an `EndpointPickerConfig` is served, these are there too: llm-d's
                series under their names of now (`llm_d_epp_`) and of before, with llm-d's labels. Priority is 0, fairness id
                `default-flow`, as in llm-d without flow control; the queue's series are the gateway's own queue, whatever the model.
                A mean of what no engine reports is absent, not 0. Requests that found no pool (a model that nobody serves, a
                body that is no JSON) are counted by `sluice_requests_total` alone.

                Not filled, because there is nothing true to say: `request_streaming_itl_seconds`, `plugin_duration_seconds` (see
                `sluice_plugin_duration_seconds`), other `flow_control_*` series, `model_rewrite_decisions_total`, `datalayer_*`,
                `extproc_*`, `prefix_indexer_hit_*` (see `sluice_prefix_hit_tokens_total`), `encoder_cache_*`, `disagg_decision_total`
                (see `sluice_disaggregation_total`), `kv_cache_*`, those of the latency predictor and of program-aware fairness.

                | series | type | what it says |
                |---|---|---|
                """ + String.join("", rows.values());
    }

    private static String documented(String page) {
        Map<String, String> help = new TreeMap<>();
        Map<String, String> type = new TreeMap<>();
        Map<String, Set<String>> labels = new TreeMap<>();
        Pattern label = Pattern.compile("([a-z]+)=\"");
        for (String line : page.lines().toList()) {
            String[] words = line.split(" ", 4);
            if (line.startsWith("# HELP sluice_")) {
                help.put(words[2], words[3]);
            } else if (line.startsWith("# TYPE sluice_")) {
                type.put(words[2], words[3]);
            } else if (line.startsWith("sluice_")) {
                String name = line.replaceAll("[{ ].*", "");
                String family = type.containsKey(name) ? name : name.replaceAll("_(bucket|count|sum)$", "");
                Set<String> names = labels.computeIfAbsent(family, f -> new TreeSet<>());
                Matcher matcher = label.matcher(line);
                while (matcher.find()) {
                    names.add(matcher.group(1));
                }
                names.remove("le");
            }
        }
        StringBuilder text = new StringBuilder("""
                # Metrics

                What `/metrics` on the admin port (and on the metrics port, when there is one) says. A test compares this page with
                what the gateway emits. All times are seconds, all sizes bytes. Each histogram has a `_max` beside it: the largest
                value of the last minutes. Values of `tenant` and `endpoint` come from configuration and discovery only; a series
                ends 5 minutes after its tenant or endpoint, and past 1,000 living values the rest is `other`.

                Besides these there are the JVM's (`jvm_*`) and the process's own (`process_*`, `system_*`) as Micrometer names them,
                `process_cpu_seconds_total` and `process_resident_memory_bytes`.

                | series | type | labels | what it says |
                |---|---|---|---|
                """);
        type.forEach((name, kind) -> {
            if (!name.endsWith("_max")) {
                String names = labels.getOrDefault(name, Set.of()).stream()
                        .map(n -> "`" + n + "`")
                        .reduce((a, b) -> a + ", " + b)
                        .orElse("");
                text.append("| `%s` | %s | %s | %s |%n".formatted(name, kind, names, help.get(name)));
            }
        });
        return text.toString();
    }

    private String page() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        meters.scrape(out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private void pass(Duration time) throws IOException {
        page();
        clock.addAndGet(time.toNanos());
    }

    private static EndpointReport report(String id, EndpointStatus status, int inFlight) {
        return new EndpointReport(
                new Endpoint(id, "10.0.0.1:8000", Role.BOTH, Map.of()),
                status,
                "in words",
                1,
                List.of("m"),
                inFlight,
                256,
                0,
                1,
                1,
                1,
                1,
                1);
    }

    private final class FakePool implements PoolView {
        @Override
        public List<Figures> figures() {
            return List.of(new Figures("a", 1, 1, 0.5, 3, 100));
        }

        @Override
        public String name() {
            return "chat";
        }

        @Override
        public List<EndpointReport> reports() {
            return List.copyOf(reports);
        }

        @Override
        public int queueSize() {
            return 4;
        }

        @Override
        public long queueBytes() {
            return 4096;
        }

        @Override
        public List<Waiting> waiting() {
            return List.of(new Waiting(0, "queuing", 4, 4096));
        }

        @Override
        public double saturation() {
            return 0.5;
        }

        @Override
        public Map<Integer, Long> evicted() {
            return Map.of(-1, 1L);
        }

        @Override
        public long indexBlocks() {
            return 77;
        }

        @Override
        public Optional<List<String>> discoveryProblems() {
            return Optional.of(List.of("the API server is away"));
        }

        @Override
        public Optional<Forecast> forecast() {
            return Optional.of(new Forecast(1, 2, Map.of("decode", 3.0), Map.of("decode", 6.0), Map.of("chat-1", 2)));
        }

        @Override
        public List<KvStatus> kvEvents() {
            return reports.stream()
                    .map(report -> new KvStatus(
                            report.endpoint().id(),
                            List.of(new KvStatus.Rank(0, true, true, true, 55, 16, 3, 0.5, 90, 100, 80))))
                    .toList();
        }

        @Override
        public Map<String, Long> kvFetches() {
            return Map.of("fetched", 1L);
        }

        @Override
        public Map<String, Long> kvLeases() {
            return Map.of("held", 2L);
        }

        @Override
        public Map<String, Long> kvLeaseEnds() {
            return Map.of("fetched", 9L);
        }
    }
}
