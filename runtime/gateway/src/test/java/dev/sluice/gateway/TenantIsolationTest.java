package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static dev.sluice.gateway.TenantFixture.ANSWER;
import static dev.sluice.gateway.TenantFixture.file;
import static dev.sluice.gateway.TenantFixture.key;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What tenants can't learn of each other, and what their clients can't say. */
@Timeout(120)
class TenantIsolationTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path dir;

    private static ScriptedEngine engine(String model) throws Exception {
        return new ScriptedEngine(model).does((q, out) -> whole(out, 200, ANSWER));
    }

    private static String salt(ScriptedEngine engine) throws Exception {
        JsonNode body = JSON.readTree(engine.requests().getLast().body());
        return body.path("cache_salt").asText();
    }

    @Test
    void everyTenantsPromptsHaveASaltThatNoClientChooses() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next, "anonymous: allow", "", "")) {
            tenants.put("acme", file("acme", "")).put("rival", file("rival", ""));
            tenants.put("f1", file("f1", "cache: {group: friends}\n"))
                    .put("f2", file("f2", "cache: {group: friends}\n"));
            String victim = "";
            for (String path : List.of(CHAT, "/v1/completions", "/v1/responses", "/v1/messages")) {
                String body =
                        "{\"cache_salt\":\"mine\",\"model\":\"base\",\"prompt\":\"hello\",\"messages\":[],\"input\":\"x\","
                            + "\"vllm_xargs\":{\"cache_salt\":\"mine\"},\"stream\":false}";
                tenants.gateway.post(path, body, "x-api-key", key("acme"));
                victim = salt(chat);
                assertThat(victim).as(path).matches("[0-9a-f]{64}");
                assertThat(chat.requests().getLast().body()).doesNotContain("mine");
                tenants.gateway.post(path, body.replace("mine", victim), "x-api-key", key("rival"));
                assertThat(salt(chat)).matches("[0-9a-f]{64}").isNotEqualTo(victim);
                assertThat(chat.requests().getLast().body()).doesNotContain(victim);
            }
            tenants.gateway.post(CHAT, chat(false));
            assertThat(salt(chat)).matches("[0-9a-f]{64}").isNotEqualTo(victim);
            tenants.gateway.post(CHAT, chat(false), "x-api-key", key("f1"));
            String friends = salt(chat);
            tenants.gateway.post(CHAT, chat(false), "x-api-key", key("f2"));
            assertThat(salt(chat)).isEqualTo(friends).isNotEqualTo(victim);
            tenants.put("f2", file("f2", "cache: {group: friends, epoch: 2}\n"));
            tenants.gateway.post(CHAT, chat(false), "x-api-key", key("f2"));
            assertThat(salt(chat)).matches("[0-9a-f]{64}").isNotEqualTo(friends);
        }
    }

    @Test
    void theSaltIsTheSameOnEveryReplicaWithTheSecretAndNowhereElse() throws Exception {
        String one;
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", ""));
            tenants.gateway.post(CHAT, chat(false), "x-api-key", key("acme"));
            one = salt(chat);
        }
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next, "saltEpoch: 2", "", "")) {
            tenants.gateway.post(CHAT, chat(false), "x-api-key", key("acme"));
            assertThat(salt(chat)).isNotEqualTo(one);
        }
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.gateway.post(CHAT, chat(false), "x-api-key", key("acme"));
            assertThat(salt(chat)).isEqualTo(one);
        }
    }

    @Test
    void whatTheGatewayBelievesToBeCachedIsKeptApartToo() throws Exception {
        String prompt = "x".repeat(4000);
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "")).put("rival", file("rival", ""));
            for (String who : List.of("acme", "acme", "rival", "rival")) {
                tenants.gateway.post(CHAT, chat(false).replace("hello", prompt), "x-api-key", key(who));
            }
            JsonNode decisions =
                    JSON.readTree(tenants.gateway.admin("/decisions").body());
            List<Integer> predicted = decisions.findValues("cachedTokens").stream()
                    .map(JsonNode::asInt)
                    .toList();
            assertThat(predicted).hasSize(4);
            assertThat(predicted.get(1)).as("other's first").isZero();
            assertThat(predicted.get(3)).as("acme's first").isZero();
            assertThat(predicted.get(0)).isPositive();
            assertThat(predicted.get(2)).isPositive();
        }
    }

    @Test
    void aStoredResponseExistsOnlyForTheTenantThatMadeIt() throws Exception {
        String made = "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"output\":[]}";
        try (ScriptedEngine chat = new ScriptedEngine("base").does((q, out) -> whole(out, 200, made));
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "")).put("rival", file("rival", ""));
            tenants.gateway.post("/v1/responses", "{\"model\":\"base\",\"input\":\"x\"}", "x-api-key", key("acme"));
            String follow = "{\"model\":\"base\",\"input\":\"y\",\"previous_response_id\":\"resp_1\"}";
            HttpResponse<String> other = tenants.gateway.post("/v1/responses", follow, "x-api-key", key("rival"));
            HttpResponse<String> none = tenants.gateway.post(
                    "/v1/responses", follow.replace("resp_1", "resp_2"), "x-api-key", key("rival"));
            assertThat(other.statusCode()).isEqualTo(404);
            assertThat(other.body()).isEqualTo(none.body().replace("resp_2", "resp_1"));
            assertThat(tenants.gateway
                            .post("/v1/responses", follow, "x-api-key", key("acme"))
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void clientsSayOnlyWhatTheirTenantMayAndKeysGoNoFurther() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "routes: [{models: [base]}]\n"));
            tenants.put("boss", file("boss", "may: [model, priority]\nroutes: [{models: [base]}]\n"));
            String body = chat(false).replace("{\"model\"", "{\"priority\":-7,\"model\"");
            tenants.gateway.post(CHAT, body, "authorization", "Bearer " + key("acme"), "x-api-key", key("acme"));
            assertThat(chat.requests().getLast().body()).doesNotContain("priority");
            assertThat(chat.requests().getLast().head()).doesNotContain("sk-slc");
            tenants.gateway.post(CHAT, body, "x-api-key", key("boss"));
            assertThat(chat.requests().getLast().body()).contains("\"priority\":-7");

            String[] rewrite = {"x-llm-d-model-name-rewrite", "small", "x-api-key", key("acme")};
            HttpResponse<String> refused = tenants.gateway.post(CHAT, chat(false), rewrite);
            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(refused.body()).contains("header_not_allowed");
            rewrite[3] = key("boss");
            assertThat(tenants.gateway.post(CHAT, chat(false), rewrite).statusCode())
                    .as("the name that it is rewritten to must be allowed too")
                    .isEqualTo(404);
            assertThat(next.requests()).isEmpty();
        }
    }
}
