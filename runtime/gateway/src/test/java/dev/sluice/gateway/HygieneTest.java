package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What never passes from a client to an engine or back, and what does: interfaces 3, seen from the engine's side. */
@Timeout(60)
class HygieneTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    static final String ANSWER =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}";
    static final List<String> TAKEN = List.of(
            "kv_transfer_params",
            "ec_transfer_params",
            "cache_salt",
            "request_id",
            "priority",
            "bootstrap_host",
            "bootstrap_port",
            "bootstrap_room",
            "bootstrap_whatever_comes_next");

    @TempDir
    Path dir;

    private static ScriptedEngine answering() throws Exception {
        return new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
    }

    /** All taken fields with values of several kinds, and one that stays. */
    private static String members(String stays) {
        StringBuilder all = new StringBuilder();
        List<String> values = List.of("{\"a\":[1,{\"b\":2}]}", "null", "\"x\"", "7", "[]", "true");
        for (int i = 0; i < TAKEN.size(); i++) {
            all.append('"')
                    .append(TAKEN.get(i))
                    .append("\":")
                    .append(values.get(i % values.size()))
                    .append(',');
        }
        return all.append('"').append(stays).append("\":0.5").toString();
    }

    @Test
    void reservedFieldsAreTakenOutAtEveryPlaceWhereAnEngineReadsThem() throws Exception {
        try (ScriptedEngine engine = answering();
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            String body = "{\"model\":\"base\",\"messages\":[]," + members("temperature") + ",\"vllm_xargs\":{"
                    + members("mine") + "},\"sampling_params\":{\"extra_args\":{" + members("own")
                    + "},\"top_p\":0.5}}";
            for (String path : List.of(CHAT, "/v1/completions", "/v1/responses", "/v1/messages", "/v1/embeddings")) {
                int before = engine.requests().size();
                assertThat(gateway.post(path, body).statusCode()).as(path).isEqualTo(200);
                JsonNode sent = JSON.readTree(engine.requests().get(before).body());
                for (String field : TAKEN) {
                    assertThat(sent.findParent(field)).as(field + " at " + path).isNull();
                }
                assertThat(sent.get("temperature").asDouble()).isEqualTo(0.5);
                assertThat(sent.at("/vllm_xargs/mine").asDouble()).isEqualTo(0.5);
                assertThat(sent.at("/sampling_params/extra_args/own").asDouble())
                        .isEqualTo(0.5);
                assertThat(sent.at("/sampling_params/top_p").asDouble()).isEqualTo(0.5);
            }
        }
    }

    @Test
    void anEscapedNameOfAReservedFieldIsThatField() throws Exception {
        try (ScriptedEngine engine = answering();
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            gateway.post(
                    CHAT,
                    "{\"model\":\"base\",\"messages\":[],\"cache\\u005fsalt\":\"x\",\"\\u006bv_transfer_params\":{}}");
            JsonNode sent = JSON.readTree(engine.requests().getFirst().body());
            assertThat(sent.size()).isEqualTo(2);
        }
    }

    @Test
    void reservedHopByHopAndCredentialHeadersStayHereAndTracesPass() throws Exception {
        List<String> stays = List.of(
                "x-data-parallel-rank: 3",
                "X-Data-Parallel-Host-Port: 10.0.0.1:1",
                "x-prefiller-host-port: 10.0.0.1:2",
                "x-encoder-hosts-ports: 10.0.0.1:3",
                "x-kv-cache-source-host-port: 10.0.0.1:4",
                "x-gateway-destination-endpoint: 10.0.0.1:5",
                "x-gateway-destination-endpoint-subset: 10.0.0.1:6",
                "K-Network-Probe: queue",
                "k-proxy-request: activator",
                "Knative-Serving-Probe: x",
                "User-Agent: Knative-Ingress-Probe",
                "Accept-Encoding: gzip, br",
                "Authorization: Bearer secret",
                "x-api-key: secret",
                "Cookie: a=b",
                "Keep-Alive: timeout=5",
                "Proxy-Authorization: Basic secret",
                "Proxy-Connection: keep-alive",
                "TE: trailers",
                "Upgrade: h2c",
                "Connection: close, x-mine",
                "x-mine: hop",
                "x-sluice-id: forged",
                "x-request-id: client-1");
        List<String> passes = List.of(
                "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "tracestate: congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
                "anthropic-version: 2023-06-01",
                "openai-organization: org",
                "x-custom: yes");
        try (ScriptedEngine engine = answering();
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            String body = chat(false);
            String head = "POST " + CHAT + " HTTP/1.1\r\nHost: client.example\r\n" + String.join("\r\n", stays) + "\r\n"
                    + String.join("\r\n", passes) + "\r\ncontent-length: " + body.length() + "\r\n\r\n";
            try (Socket socket = gateway.raw(head + body)) {
                String answer = GatewayFixture.readAll(socket.getInputStream());
                assertThat(answer).startsWith("HTTP/1.1 200").contains("x-request-id: client-1");
            }
            ScriptedEngine.Request seen = engine.requests().getFirst();
            String lower = seen.head().toLowerCase(Locale.ROOT);
            for (String line : stays) {
                String name = line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT);
                String value = line.substring(line.indexOf(':') + 1).strip();
                assertThat(seen.header(name)).as(line).isNotEqualTo(value);
            }
            assertThat(lower)
                    .doesNotContain("secret")
                    .doesNotContain("10.0.0.1")
                    .doesNotContain("client.example")
                    .doesNotContain("accept-encoding")
                    .doesNotContain("parallel");
            for (String line : passes) {
                assertThat(lower).contains("\r\n" + line.toLowerCase(Locale.ROOT) + "\r\n");
            }
        }
    }

    @Test
    void anEnginesOwnHeadersThatSayWhoItIsStayHere() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> {
                    out.write(("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nserver: uvicorn\r\n"
                                    + "x-request-id: engine\r\nx-sluice-id: forged\r\nkeep-alive: timeout=5\r\n"
                                    + "x-note: hello\r\ncontent-length: " + ANSWER.length() + "\r\n\r\n" + ANSWER)
                            .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                    out.flush();
                    return true;
                });
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(false));
            assertThat(answer.headers().firstValue("x-note")).hasValue("hello");
            assertThat(answer.headers().firstValue("server")).isEmpty();
            assertThat(answer.headers().firstValue("x-request-id")).isEmpty();
            assertThat(answer.headers().allValues("x-sluice-id")).hasSize(1).doesNotContain("forged");
        }
    }

    @Test
    void onlyASaneIdOfTheClientComesBackAndEveryAnswerHasOneOfOurs() throws Exception {
        try (ScriptedEngine engine = answering();
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            for (String path : List.of(CHAT, "/v1/models", "/livez", "/readyz", "/v1/nothing")) {
                for (String id : List.of("mine-1", "x".repeat(128), "a b", "x".repeat(129), "quo\"te")) {
                    boolean hot = path.equals(CHAT);
                    String request = (hot ? "POST " : "GET ") + path + " HTTP/1.1\r\nHost: x\r\nx-request-id: " + id
                            + "\r\nconnection: close\r\n"
                            + (hot ? "content-length: " + chat(false).length() + "\r\n\r\n" + chat(false) : "\r\n");
                    try (Socket socket = gateway.raw(request)) {
                        String answer =
                                GatewayFixture.readAll(socket.getInputStream()).toLowerCase(Locale.ROOT);
                        boolean sane = id.startsWith("mine") || id.length() == 128;
                        assertThat(answer.contains("x-request-id: " + id + "\r\n"))
                                .as(path + " " + id)
                                .isEqualTo(sane);
                        assertThat(answer).as(path).contains("\r\nx-sluice-id: slc-");
                    }
                }
            }
        }
    }

    @Test
    void furtherAttemptsHaveNamesOfTheirOwn() throws Exception {
        ScriptedEngine.Script fails = (q, out) -> whole(out, 503, "{}");
        try (ScriptedEngine a = new ScriptedEngine("base").does(fails);
                ScriptedEngine b = new ScriptedEngine("base").does(fails);
                ScriptedEngine c = new ScriptedEngine("base").does(fails);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(a, b, c))) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(false));
            String id = answer.headers().firstValue("x-sluice-id").orElseThrow();
            List<String> names = java.util.stream.Stream.of(a, b, c)
                    .flatMap(e -> e.requests().stream())
                    .map(r -> r.header("x-request-id"))
                    .toList();
            assertThat(names).containsExactlyInAnyOrder(id, id + ".2", id + ".3");
        }
    }
}
