package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Built-ins that need more than a decision: events, headers of the answer, metrics, sessions. Over real sockets. */
@Timeout(60)
class LlmdPluginsTest {
    @TempDir
    private Path dir;

    private final List<ScriptedEngine> engines = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        for (int i = 0; i < 3; i++) {
            engines.add(new ScriptedEngine("base").does((request, out) -> {
                if (request.body().contains("\"stream\":true")) {
                    ScriptedEngine.begin(out);
                    ScriptedEngine.chunk(out, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n");
                    ScriptedEngine.chunk(out, """
                            data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

                            data: [DONE]

                            """);
                    out.write("0\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                    out.flush();
                    return true;
                }
                out.write(("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-session-token: engine's own\r\n"
                                + "content-length: 27\r\n\r\n{\"choices\":[],\"usage\":null}")
                        .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                out.flush();
                return true;
            }));
        }
    }

    @AfterEach
    void stop() throws IOException {
        for (ScriptedEngine engine : engines) {
            engine.close();
        }
    }

    private GatewayFixture gateway(String plugins) throws IOException, InterruptedException {
        return GatewayFixture.before(dir, engines, "routing: mine", "routing:\n  mine:\n    plugins:\n" + plugins);
    }

    private static String endpoint(HttpResponse<String> response) {
        return response.headers().firstValue("x-sluice-endpoint").orElse("");
    }

    private static List<String> tokens(HttpResponse<String> response) {
        return response.headers().allValues("x-session-token");
    }

    @Test
    void aClientThatSendsTheTokenBackStaysWhereItIs() throws Exception {
        try (GatewayFixture gateway = gateway("""
                      - {type: session-affinity-filter}
                      - {type: random-picker}
                """)) {
            HttpResponse<String> first = gateway.post(CHAT, GatewayFixture.chat(false));
            assertThat(first.statusCode()).isEqualTo(200);
            assertThat(tokens(first)).hasSize(1).allMatch(token -> token.length() == 24);
            String token = tokens(first).getFirst();
            Set<String> without = new LinkedHashSet<>();
            for (int i = 0; i < 20; i++) {
                HttpResponse<String> again =
                        gateway.post(CHAT, GatewayFixture.chat(i % 2 == 0), "x-session-token", token);
                assertThat(endpoint(again)).isEqualTo(endpoint(first));
                assertThat(tokens(again)).containsExactly(token);
                without.add(endpoint(gateway.post(CHAT, GatewayFixture.chat(true))));
            }
            assertThat(without).hasSizeGreaterThan(1);
        }
    }

    @Test
    void aSessionStaysWhereItsFirstRequestWent() throws Exception {
        try (GatewayFixture gateway = gateway("""
                      - {type: session-affinity-filter, parameters: {strategy: session_id, headerName: x-chat}}
                      - {type: random-picker}
                """)) {
            Set<String> used = new LinkedHashSet<>();
            for (int session = 0; session < 8; session++) {
                Set<String> its = new LinkedHashSet<>();
                for (int i = 0; i < 6; i++) {
                    its.add(endpoint(gateway.post(CHAT, GatewayFixture.chat(true), "x-chat", "s" + session)));
                }
                assertThat(its).hasSize(1);
                used.addAll(its);
            }
            assertThat(used).hasSizeGreaterThan(1);
        }
    }

    @Test
    void agentsSessionsAreFoundAndKept() throws Exception {
        try (GatewayFixture gateway = gateway("""
                      - {type: agent-identity}
                      - {type: session-affinity-scorer, parameters: {strategy: session_id, sessionIdConfig: {sources: [{attribute: agent-identity}]}}}
                      - {type: max-score-picker}
                """)) {
            for (int session = 0; session < 5; session++) {
                Set<String> its = new LinkedHashSet<>();
                for (int i = 0; i < 5; i++) {
                    its.add(endpoint(gateway.post(
                            CHAT, GatewayFixture.chat(true), "x-claude-code-session-id", "agent-" + session)));
                }
                assertThat(its).hasSize(1);
            }
        }
    }

    @Test
    void coldPromptsGoAroundAndTheExplanationStandsAfterwards() throws Exception {
        try (GatewayFixture gateway = gateway("""
                      - {type: no-hit-lru-scorer}
                      - {type: max-score-picker}
                """)) {
            List<String> went = new ArrayList<>();
            HttpResponse<String> first = gateway.post(CHAT, GatewayFixture.chat(true));
            went.add(endpoint(first));
            for (int i = 1; i < 6; i++) {
                went.add(endpoint(gateway.post(CHAT, GatewayFixture.chat(true))));
            }
            assertThat(new LinkedHashSet<>(went.subList(0, 3))).hasSize(3);
            assertThat(went.subList(3, 6)).containsExactlyElementsOf(went.subList(0, 3));
            JsonNode explained = explain(gateway, first);
            assertThat(explained.path("picked").asText()).isEqualTo(went.getFirst());
        }
    }

    @Test
    void whatAnEnginesPageSaysDecides() throws Exception {
        for (int i = 0; i < 3; i++) {
            engines.get(i).metrics("vllm:num_requests_waiting 0\nmy_energy{unit=\"J\"} " + (i == 1 ? 1.5 : 9) + "\n");
        }
        try (GatewayFixture gateway = gateway("""
                      - type: endpoint-attribute-scorer
                        parameters: {attribute: joules, producer: energy, algorithm: {type: linear_lower_is_better}}
                      - type: core-metrics-extractor
                        name: energy
                        parameters:
                          engineConfigs: [{name: vllm, customMetrics: [{attributeKey: joules, metricSpec: "my_energy{unit=J}"}]}]
                      - {type: max-score-picker}
                """)) {
            String cheapest = "127.0.0.1:" + engines.get(1).port();
            for (int i = 0; i < 500 && !isRead(gateway); i++) {
                LockSupport.parkNanos(20_000_000);
            }
            for (int i = 0; i < 10; i++) {
                assertThat(endpoint(gateway.post(CHAT, GatewayFixture.chat(true))))
                        .isEqualTo(cheapest);
            }
            assertThat(gateway.admin("/plugins").body()).contains("\"extractor\"");
        }
    }

    /** True when all three pages have been read, as a rehearsed decision shows. */
    private static boolean isRead(GatewayFixture gateway) throws Exception {
        JsonNode explained = explain(gateway, gateway.post(CHAT, GatewayFixture.chat(true)));
        int scored = 0;
        for (JsonNode candidate : explained.path("candidates")) {
            scored += candidate.path("scores").path("endpoint-attribute-scorer").isNumber() ? 1 : 0;
        }
        return scored == 3;
    }

    @Test
    void aClientsObjectivesCountAndDontReachTheEngine() throws Exception {
        try (GatewayFixture gateway = gateway("""
                      - {type: latency-scorer}
                      - {type: max-score-picker}
                """)) {
            HttpResponse<String> now = gateway.post(CHAT, GatewayFixture.chat(true), "x-llm-d-slo-ttft-ms", "500000");
            assertThat(headroom(gateway, now)).isGreaterThan(400_000);
            HttpResponse<String> before = gateway.post(
                    CHAT,
                    GatewayFixture.chat(true),
                    "x-slo-ttft-ms",
                    "500000",
                    "x-gateway-inference-fairness-id",
                    "a",
                    "x-llm-d-inference-objective",
                    "b");
            assertThat(headroom(gateway, before)).isGreaterThan(400_000);
            HttpResponse<String> bad = gateway.post(CHAT, GatewayFixture.chat(true), "x-llm-d-slo-ttft-ms", "soon");
            assertThat(bad.statusCode()).isEqualTo(200);
            assertThat(headroom(gateway, bad)).isNegative();
            assertThat(engines.stream().flatMap(engine -> engine.requests().stream()))
                    .hasSize(3)
                    .noneMatch(request ->
                            request.head().toLowerCase(java.util.Locale.ROOT).contains("x-slo")
                                    || request.head().contains("llm-d")
                                    || request.head().contains("inference"));
        }
    }

    private static double headroom(GatewayFixture gateway, HttpResponse<String> response) throws Exception {
        return explain(gateway, response)
                .path("candidates")
                .path(0)
                .path("terms")
                .path("ttft_headroom_ms")
                .asDouble();
    }

    @Test
    void aHeaderMayNameTheModel() throws Exception {
        try (GatewayFixture gateway = gateway("      - {type: random-picker}\n")) {
            String body = GatewayFixture.chat(false).replace("\"base\"", "\"nobody\"");
            assertThat(gateway.post(CHAT, body).statusCode()).isEqualTo(404);
            assertThat(gateway.post(CHAT, body, "x-llm-d-model-name-rewrite", "alias")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(gateway.post(CHAT, body, "x-gateway-model-name-rewrite", "base")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(gateway.post(CHAT, GatewayFixture.chat(false), "x-llm-d-model-name-rewrite", "nobody")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(engines.stream().flatMap(engine -> engine.requests().stream()))
                    .hasSize(2)
                    .allMatch(request -> request.body().contains("\"model\":\"base\"")
                            && !request.head().contains("rewrite"));
        }
    }

    @Test
    void aHeaderMayNameTheProfile() throws Exception {
        String one = "127.0.0.1:" + engines.get(1).port();
        try (GatewayFixture gateway = GatewayFixture.before(dir, engines, "routing: mine", """
                routing:
                  mine:
                    plugins:
                      - {type: header-profile-handler, parameters: {defaultProfile: any}}
                      - {type: endpoint-attribute-filter, name: none, parameters: {attribute: x, onMissing: Fail, algorithm: {threshold: {operator: Equal, value: 1}}}}
                      - {type: random-picker}
                      - {type: max-score-picker}
                      - {type: session-affinity-scorer, parameters: {token: plain}}
                    schedulingProfiles:
                      - {name: any, plugins: [{pluginRef: random-picker}]}
                      - {name: sticky, plugins: [{pluginRef: session-affinity-scorer}, {pluginRef: max-score-picker}]}
                      - {name: nothing, plugins: [{pluginRef: none}]}
                """)) {
            String token = java.util.Base64.getEncoder()
                    .encodeToString(("default/" + one).getBytes(java.nio.charset.StandardCharsets.UTF_8));
            Set<String> any = new LinkedHashSet<>();
            for (int i = 0; i < 15; i++) {
                assertThat(endpoint(gateway.post(
                                CHAT, GatewayFixture.chat(true), "EPP-Profile", "sticky", "x-session-token", token)))
                        .isEqualTo(one);
                any.add(endpoint(gateway.post(
                        CHAT, GatewayFixture.chat(true), "EPP-Profile", "unheard-of", "x-session-token", token)));
            }
            assertThat(any).hasSizeGreaterThan(1);
            assertThat(engines.getFirst().requests())
                    .noneMatch(request -> request.head().contains("EPP-Profile"));
        }
    }

    private static JsonNode explain(GatewayFixture gateway, HttpResponse<String> response) throws Exception {
        String id = response.headers().firstValue("x-sluice-id").orElseThrow();
        return new ObjectMapper().readTree(gateway.admin("/explain/" + id).body());
    }
}
