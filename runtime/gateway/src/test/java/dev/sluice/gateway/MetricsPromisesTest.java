package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.end;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.usage;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The metrics that interfaces 5 promises, read from the admin port of a gateway that has served requests. */
@Timeout(60)
class MetricsPromisesTest {
    private static final Pattern SAMPLE = Pattern.compile("(sluice_[a-z_]+)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-z]+)=\"([^\"]*)\"");
    private static final String WHOLE =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"total_tokens\":10}}";

    @TempDir
    Path dir;

    /** One line of the page. */
    private record Sample(String name, Map<String, String> labels, double value) {}

    private static List<Sample> page(GatewayFixture gateway) throws Exception {
        return gateway.admin("/metrics")
                .body()
                .lines()
                .map(SAMPLE::matcher)
                .filter(Matcher::matches)
                .map(m -> {
                    Map<String, String> labels = new TreeMap<>();
                    Matcher label = LABEL.matcher(m.group(2) == null ? "" : m.group(2));
                    while (label.find()) {
                        labels.put(label.group(1), label.group(2));
                    }
                    return new Sample(m.group(1), labels, Double.parseDouble(m.group(3)));
                })
                .toList();
    }

    private static double sum(List<Sample> page, String name, Map<String, String> labels) {
        return page.stream()
                .filter(s -> s.name().equals(name) && s.labels().entrySet().containsAll(labels.entrySet()))
                .mapToDouble(Sample::value)
                .sum();
    }

    private static Map<String, String> of(String... pairs) {
        Map<String, String> labels = new HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            labels.put(pairs[i], pairs[i + 1]);
        }
        return labels;
    }

    @Test
    void everySeriesThatTheInterfacesPromiseIsThereWithItsLabels() throws Exception {
        CountDownLatch hold = new CountDownLatch(1);
        CountDownLatch streaming = new CountDownLatch(1);
        ScriptedEngine.Script streams = (q, out) -> {
            begin(out);
            chunk(out, delta("a") + delta("b"));
            chunk(out, finish("stop") + usage(100, 64, 3) + DONE);
            return end(out);
        };
        ScriptedEngine.Script waits = (q, out) -> {
            begin(out);
            chunk(out, delta("a"));
            streaming.countDown();
            hold.await();
            return false;
        };
        try (ScriptedEngine engine = new ScriptedEngine("base")
                        .does(streams, (q, out) -> whole(out, 200, WHOLE), (q, out) -> whole(out, 500, "{}"), waits);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            assertThat(gateway.post(CHAT, chat(true)).statusCode()).isEqualTo(200);
            assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(502);
            assertThat(gateway.post(CHAT, "{").statusCode()).isEqualTo(400);
            try (Socket client = gateway.raw(GatewayFixture.chatBytes(chat(true)))) {
                GatewayFixture.readUntil(client.getInputStream(), "\"a\"");
                streaming.await();
                promised(page(gateway), engine.port());
            }
            gateway.awaitIdle();
            hold.countDown();
            List<Sample> after = page(gateway);
            assertThat(sum(after, "sluice_cancelled_total", of("stage", "stream")))
                    .isEqualTo(1);
            assertThat(sum(after, "sluice_requests_total", of("status", "499", "reason", "cancelled")))
                    .isEqualTo(1);
            assertThat(sum(after, "sluice_upstream_attempts_total", of("outcome", "cancelled")))
                    .isEqualTo(1);
        }
    }

    private static void promised(List<Sample> page, int port) {
        Map<String, List<String>> labels = new TreeMap<>();
        page.forEach(s -> labels.putIfAbsent(
                s.name(),
                s.labels().keySet().stream().filter(l -> !l.equals("le")).toList()));
        List<String> route = List.of("pool", "route");
        Map<String, List<String>> wanted = new TreeMap<>();
        wanted.put("sluice_requests_total", List.of("pool", "reason", "route", "status", "tenant"));
        wanted.put("sluice_request_duration_seconds_bucket", route);
        wanted.put("sluice_time_to_first_token_seconds_bucket", route);
        wanted.put("sluice_time_per_output_token_seconds_bucket", route);
        wanted.put("sluice_tokens_total", List.of("kind", "model", "pool", "tenant"));
        wanted.put("sluice_decision_duration_seconds_bucket", List.of());
        wanted.put("sluice_plugin_duration_seconds_bucket", List.of("name", "point", "type"));
        wanted.put("sluice_plugin_calls_total", List.of("name", "outcome", "point", "type"));
        wanted.put("sluice_prefix_hit_tokens_total", List.of("pool"));
        wanted.put("sluice_prefix_predicted_tokens_total", List.of("pool"));
        wanted.put("sluice_queue_duration_seconds_bucket", List.of("pool"));
        wanted.put("sluice_queue_requests", List.of("pool"));
        wanted.put("sluice_queue_bytes", List.of("pool"));
        wanted.put("sluice_requests_in_flight", List.of("endpoint", "pool"));
        wanted.put("sluice_endpoints", List.of("pool", "role", "state"));
        wanted.put("sluice_upstream_attempts_total", List.of("outcome"));
        wanted.put("sluice_cancelled_total", List.of("stage"));
        wanted.put("sluice_index_blocks", List.of("pool"));
        wanted.put("sluice_config_reloads_total", List.of("outcome"));
        wanted.put("sluice_config_last_reload_successful", List.of());
        wanted.put("sluice_anonymous_open", List.of());
        wanted.put("sluice_build_info", List.of("java", "version"));
        wanted.forEach((name, expected) -> assertThat(labels).as(name).containsEntry(name, expected));
        Map<String, String> tenant = of("pool", "chat", "tenant", "anonymous", "route", CHAT);
        assertThat(sum(page, "sluice_requests_total", with(tenant, "status", "200", "reason", "ok")))
                .isEqualTo(2);
        assertThat(sum(page, "sluice_requests_total", with(tenant, "status", "502", "reason", "upstream_error")))
                .isEqualTo(1);
        assertThat(sum(page, "sluice_requests_total", of("status", "400", "reason", "invalid_request")))
                .isEqualTo(1);
        assertThat(sum(page, "sluice_tokens_total", of("kind", "prompt", "model", "base")))
                .isEqualTo(109);
        assertThat(sum(page, "sluice_tokens_total", of("kind", "cached"))).isEqualTo(64);
        assertThat(sum(page, "sluice_tokens_total", of("kind", "generated"))).isEqualTo(4);
        assertThat(sum(page, "sluice_prefix_hit_tokens_total", of("pool", "chat")))
                .isEqualTo(64);
        assertThat(sum(page, "sluice_upstream_attempts_total", of("outcome", "completed")))
                .isEqualTo(2);
        assertThat(sum(page, "sluice_upstream_attempts_total", of("outcome", "failed")))
                .isEqualTo(1);
        assertThat(sum(page, "sluice_requests_in_flight", of("endpoint", "127.0.0.1:" + port)))
                .isEqualTo(1);
        assertThat(sum(page, "sluice_endpoints", of("role", "both", "state", "ready")))
                .isEqualTo(1);
        assertThat(sum(page, "sluice_decision_duration_seconds_count", of()))
                .as("four that placed a request, one that found no second engine")
                .isEqualTo(5);
        assertThat(sum(page, "sluice_time_per_output_token_seconds_count", of()))
                .isEqualTo(1);
        Map<String, String> own = of("type", "least-work-scorer", "point", "scorer", "name", "least-work-scorer");
        assertThat(sum(page, "sluice_plugin_calls_total", with(own, "outcome", "ok")))
                .isEqualTo(4);
        assertThat(sum(page, "sluice_plugin_duration_seconds_count", own)).isPositive();
        assertThat(page).noneMatch(s -> s.labels().containsValue("other"));
    }

    private static Map<String, String> with(Map<String, String> labels, String... pairs) {
        Map<String, String> all = new HashMap<>(labels);
        all.putAll(of(pairs));
        return all;
    }

    @Test
    void aPolicyThatLeavesNobodyFallsBackAndIsCounted() throws Exception {
        String nobody = """
                routing:
                  strict:
                    plugins:
                      - {type: label-selector-filter, name: zone-a, parameters: {matchLabels: {zone: a}}}
                      - {type: queue-scorer}
                    schedulingProfiles:
                      - name: default
                        plugins: [{pluginRef: zone-a}, {pluginRef: queue-scorer, weight: 1}]
                """;
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, WHOLE));
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine), "routing: strict", nobody)) {
            assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            List<Sample> page = page(gateway);
            assertThat(page)
                    .filteredOn(s -> s.name().equals("sluice_decision_fallback_total"))
                    .singleElement()
                    .satisfies(s -> {
                        assertThat(s.labels()).containsOnlyKeys("cause");
                        assertThat(s.labels().get("cause")).matches("[a-z_]+");
                        assertThat(s.value()).isEqualTo(1);
                    });
            assertThat(sum(page, "sluice_plugin_calls_total", of("point", "filter", "name", "zone-a", "outcome", "ok")))
                    .isEqualTo(1);
        }
    }

    @Test
    void whatWasRefusedBeforeItWasARequestIsCountedToo() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            for (String head : List.of(
                    "POST " + CHAT + " HTTP/1.1\r\n\r\n",
                    "GET /v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                    "GET " + CHAT + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) {
                try (Socket client = gateway.raw(head)) {
                    GatewayFixture.readAll(client.getInputStream());
                }
            }
            List<Sample> page = page(gateway);
            for (String[] row :
                    new String[][] {{"400", "invalid_request"}, {"404", "not_found"}, {"405", "method_not_allowed"}}) {
                assertThat(sum(page, "sluice_requests_total", of("status", row[0], "reason", row[1])))
                        .as(row[1])
                        .isEqualTo(1);
            }
        }
    }
}
