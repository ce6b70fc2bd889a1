package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the admin port says of a gateway that serves: interfaces 4. */
@Timeout(60)
class AdminLiveTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ANSWER =
            "{\"id\":\"c\",\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"total_tokens\":10,"
                    + "\"prompt_tokens_details\":{\"cached_tokens\":0}}}";

    @TempDir
    Path dir;

    private static JsonNode json(GatewayFixture gateway, String path) throws Exception {
        HttpResponse<String> answer = gateway.admin(path);
        assertThat(answer.statusCode()).as(path).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    private static HttpResponse<String> post(GatewayFixture gateway, String path, String body) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + gateway.gateway.adminPort() + path);
        return gateway.http.send(
                HttpRequest.newBuilder(uri)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** Once the client has its answer the attempt is over, but for the last words in the log. */
    private static JsonNode explained(GatewayFixture gateway, String id) throws Exception {
        JsonNode why = json(gateway, "/explain/" + id);
        while (why.at("/decision/outcome").asText().equals("running")) {
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
            why = json(gateway, "/explain/" + id);
        }
        return why;
    }

    @Test
    void aDecisionIsListedAndExplainedWithHowItWent() throws Exception {
        try (ScriptedEngine a = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                ScriptedEngine b = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(a, b))) {
            HttpResponse<String> answer = gateway.post(CHAT, chat(false), "x-request-id", "mine-7");
            String id = answer.headers().firstValue("x-sluice-id").orElseThrow();
            JsonNode why = explained(gateway, id);
            JsonNode decision = why.get("decision");
            assertThat(decision.get("id").asText()).isEqualTo(id);
            assertThat(decision.get("clientId").asText()).isEqualTo("mine-7");
            assertThat(decision.get("route").asText()).isEqualTo(CHAT);
            assertThat(decision.get("outcome").asText()).isEqualTo("completed");
            assertThat(decision.get("reportedCachedTokens").asInt()).isZero();
            assertThat(decision.get("durationMs").asDouble()).isPositive();
            assertThat(why.get("picked").asText())
                    .isEqualTo(decision.get("endpoint").asText())
                    .isIn("127.0.0.1:" + a.port(), "127.0.0.1:" + b.port());
            assertThat(why.get("weights").get("least-work-scorer").asDouble()).isEqualTo(1);
            assertThat(why.get("candidates")).hasSize(2);
            assertThat(json(gateway, "/explain/mine-7").get("requestId").asText())
                    .isEqualTo(id);
            JsonNode newest = json(gateway, "/decisions?limit=1").get(0);
            assertThat(newest).isEqualTo(decision);
        }
    }

    @Test
    void aRefusedDecisionIsListedAsSuch() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("other");
                GatewayFixture gateway = GatewayFixture.notReady(dir, List.of(engine))) {
            assertThat(gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(503);
            JsonNode newest = json(gateway, "/decisions").get(0);
            assertThat(newest.get("outcome").asText()).isEqualTo("refused");
            assertThat(newest.get("endpoint").asText()).isEmpty();
        }
    }

    @Test
    void theConfigurationIsShownWithoutItsSecrets() throws Exception {
        Files.writeString(dir.resolve("engine-key"), "very-secret");
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway =
                        GatewayFixture.before(dir, List.of(engine), "credential: {file: engine-key}")) {
            String config = gateway.admin("/config").body();
            assertThat(config).contains("credential").doesNotContain("very-secret");
            gateway.post(CHAT, chat(false));
            assertThat(engine.requests().getFirst().header("authorization")).isEqualTo("Bearer very-secret");
            for (String path : List.of("/endpoints", "/plugins", "/tenants", "/metrics", "/decisions")) {
                assertThat(gateway.admin(path).body()).as(path).doesNotContain("very-secret");
            }
        }
    }

    @Test
    void endpointsTenantsAndPluginsAreShown() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            JsonNode endpoint = json(gateway, "/endpoints").at("/0/endpoints/0");
            assertThat(endpoint.get("status").asText()).isEqualTo("ready");
            assertThat(endpoint.get("reason").asText()).isNotBlank();
            JsonNode tenant = json(gateway, "/tenants").get(0);
            assertThat(tenant.get("tenant").asText()).isEqualTo("anonymous");
            assertThat(json(gateway, "/plugins").toString()).contains("least-work-scorer");
            assertThat(gateway.admin("/").body()).contains("<title>Sluice</title>");
            assertThat(gateway.admin("/livez").statusCode()).isEqualTo(200);
            assertThat(gateway.admin("/readyz").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aRehearsalTouchesNoEngineAndChargesNothing() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine))) {
            HttpResponse<String> route = post(gateway, "/route", chat(false));
            JsonNode plan = JSON.readTree(route.body());
            assertThat(plan.get("pool").asText()).isEqualTo("chat");
            assertThat(plan.at("/plan/0").asText()).isEqualTo("serve at 127.0.0.1:" + engine.port());
            assertThat(post(gateway, "/route", "{").statusCode()).isEqualTo(400);
            assertThat(post(gateway, "/route", "{\"model\":\"nobody\"}").body()).contains("nobody");
            assertThat(engine.requests()).isEmpty();
            assertThat(gateway.inFlight()).isZero();
            assertThat(json(gateway, "/decisions")).isEmpty();
        }
    }

    @Test
    void aDrainFromHereEndsReadinessAtOnceWhileRequestsAreStillTaken() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> whole(out, 200, ANSWER));
                GatewayFixture gateway = GatewayFixture.draining(dir, List.of(engine), "1h")) {
            assertThat(gateway.get("/readyz").statusCode()).isEqualTo(200);
            assertThat(post(gateway, "/drain", "").statusCode()).isEqualTo(202);
            assertThat(gateway.get("/readyz").statusCode()).isEqualTo(503);
            assertThat(gateway.admin("/readyz").statusCode()).isEqualTo(503);
            assertThat(gateway.admin("/readyz").body()).isEqualTo("draining\n");
            assertThat(gateway.get("/livez").statusCode()).isEqualTo(200);
            HttpResponse<String> still = gateway.post(CHAT, chat(false));
            assertThat(still.statusCode()).isEqualTo(200);
            assertThat(still.headers().firstValue("connection")).hasValue("close");
            assertThat(post(gateway, "/drain", "").statusCode()).isEqualTo(202);
        }
    }
}
