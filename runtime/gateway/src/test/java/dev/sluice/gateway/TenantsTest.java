package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static dev.sluice.gateway.TenantFixture.ANSWER;
import static dev.sluice.gateway.TenantFixture.file;
import static dev.sluice.gateway.TenantFixture.key;
import static dev.sluice.gateway.TenantFixture.row;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who is let in, as whom, and what a tenant's file changes. */
@Timeout(120)
class TenantsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path dir;

    private static ScriptedEngine engine(String model) throws Exception {
        return new ScriptedEngine(model).does((q, out) -> whole(out, 200, ANSWER));
    }

    private static String[] bearer(String id) {
        return new String[] {"authorization", "Bearer " + key(id)};
    }

    private static String error(HttpResponse<String> answer) throws Exception {
        return JSON.readTree(answer.body()).at("/error/code").asText();
    }

    @Test
    void withoutAGoodKeyNobodyIsLetInAndNothingOfTheBodyIsRead() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", ""));
            GatewayFixture gateway = tenants.gateway;
            List<String[]> bad = List.of(
                    new String[0],
                    new String[] {"authorization", "Bearer " + key("acme") + "x"},
                    new String[] {"authorization", "Bearer " + key("nobody")},
                    new String[] {"authorization", "Basic " + key("acme")},
                    new String[] {"authorization", key("acme")},
                    new String[] {"x-api-key", "sk-slc-acme-"},
                    new String[] {"authorization", "Bearer " + "x".repeat(9000)});
            for (String[] headers : bad) {
                HttpResponse<String> answer = gateway.post(CHAT, chat(false), headers);
                assertThat(answer.statusCode()).isEqualTo(401);
                assertThat(error(answer)).isEqualTo("invalid_api_key");
                assertThat(answer.headers().firstValue("www-authenticate")).hasValue("Bearer");
                assertThat(answer.headers().firstValue("x-sluice-error-source")).hasValue("gateway");
            }
            try (Socket socket =
                    gateway.raw("POST " + CHAT + " HTTP/1.1\r\nHost: x\r\ncontent-length: 60000000\r\n\r\n")) {
                assertThat(GatewayFixture.readAll(socket.getInputStream())).startsWith("HTTP/1.1 401");
            }
            try (Socket socket = gateway.raw("POST " + CHAT + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                    + key("acme") + "\r\nAuthorization: Bearer " + key("acme") + "\r\ncontent-length: 2\r\n\r\n{}")) {
                assertThat(GatewayFixture.readAll(socket.getInputStream())).startsWith("HTTP/1.1 401");
            }
            assertThat(gateway.get("/v1/models").statusCode()).isEqualTo(401);
            assertThat(chat.requests()).isEmpty();

            assertThat(gateway.post(CHAT, chat(false), bearer("acme")).statusCode())
                    .isEqualTo(200);
            assertThat(gateway.post(CHAT, chat(false), "x-api-key", key("acme")).statusCode())
                    .isEqualTo(200);
            HttpResponse<String> anthropic = gateway.post("/v1/messages", chat(false));
            assertThat(JSON.readTree(anthropic.body()).at("/error/type").asText())
                    .isEqualTo("authentication_error");
        }
    }

    @Test
    void keysAreRotatedExpireAndGoWithTheirFile() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", "tenant: acme\nkeys: [" + row("old") + ", " + row("new") + "]\n");
            for (String id : List.of("old", "new")) {
                assertThat(tenants.gateway.post(CHAT, chat(false), bearer(id)).statusCode())
                        .isEqualTo(200);
            }
            String expired = row("old").replace("}", ", expires: 2020-01-01T00:00:00Z}");
            tenants.put("acme", "tenant: acme\nkeys: [" + expired + ", " + row("new") + "]\n");
            assertThat(tenants.gateway.post(CHAT, chat(false), bearer("old")).statusCode())
                    .isEqualTo(401);
            assertThat(tenants.gateway.post(CHAT, chat(false), bearer("new")).statusCode())
                    .isEqualTo(200);
            tenants.remove("acme");
            assertThat(tenants.gateway.post(CHAT, chat(false), bearer("new")).statusCode())
                    .isEqualTo(401);
        }
    }

    @Test
    void aBrokenFileHurtsItsOwnTenantOnlyAndKeepsItsLastGoodState() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "routes: [{models: [alias]}]\n"));
            tenants.put("rival", file("rival", ""));
            tenants.put("broken", file("broken", "routes: [{models: [alias], pool: caht}]\n"));
            tenants.put("acme", file("acme", "routes: [{models: [alias], colour: red}]\n"));
            GatewayFixture gateway = tenants.gateway;

            assertThat(gateway.post(CHAT, chat(false), bearer("rival")).statusCode())
                    .isEqualTo(200);
            assertThat(gateway.post(CHAT, chat(false).replace("base", "alias"), bearer("acme"))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(gateway.post(CHAT, chat(false), bearer("acme")).statusCode())
                    .isEqualTo(404);
            HttpResponse<String> broken = gateway.post(CHAT, chat(false), bearer("broken"));
            assertThat(broken.statusCode()).isEqualTo(503);
            assertThat(broken.headers().firstValue("retry-after")).isPresent();

            JsonNode rows = JSON.readTree(gateway.admin("/tenants").body());
            assertThat(rows.findValuesAsText("note"))
                    .containsExactly("last good: the file is broken", "refused: the file is broken", "in force");
            assertThat(rows.get(1).get("errors").get(0).asText()).contains("did you mean \"chat\"?");
            assertThat(gateway.admin("/metrics").body())
                    .contains("sluice_tenant_files{state=\"in_force\"} 1.0")
                    .contains("sluice_tenant_files{state=\"last_good\"} 1.0")
                    .contains("sluice_tenant_files{state=\"refused\"} 1.0");
            tenants.put("acme", file("acme", ""));
            assertThat(gateway.post(CHAT, chat(false), bearer("acme")).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void whoeverHadAKeyFirstKeepsIt() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("zebra", file("zebra", "routes: [{models: [alias]}]\n"));
            tenants.put("ant", "tenant: ant\nkeys: [" + row("zebra") + ", " + row("ant") + "]\n");
            assertThat(tenants.gateway
                            .post(CHAT, chat(false).replace("base", "alias"), bearer("zebra"))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(tenants.gateway.post(CHAT, chat(false), bearer("zebra")).statusCode())
                    .isEqualTo(404);
            assertThat(tenants.gateway.post(CHAT, chat(false), bearer("ant")).statusCode())
                    .isEqualTo(503);
            tenants.remove("zebra");
            assertThat(tenants.gateway.post(CHAT, chat(false), bearer("ant")).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void aModelThatATenantMayNotUseIsToldInTheSameBytesAsOneThatDoesNotExist() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "routes: [{models: [alias]}]\n"));
            for (String path : List.of(CHAT, "/v1/completions", "/v1/messages", "/v1/embeddings")) {
                HttpResponse<String> may =
                        tenants.gateway.post(path, chat(false).replace("base", "small"), bearer("acme"));
                HttpResponse<String> none =
                        tenants.gateway.post(path, chat(false).replace("base", "lions"), bearer("acme"));
                assertThat(may.statusCode()).isEqualTo(404);
                assertThat(may.body()).isEqualTo(none.body().replace("lions", "small"));
                assertThat(may.headers().map().keySet())
                        .isEqualTo(none.headers().map().keySet());
            }
            HttpResponse<String> models = tenants.gateway.http.send(
                    java.net.http.HttpRequest.newBuilder(java.net.URI.create(
                                    "http://127.0.0.1:" + tenants.gateway.gateway.port() + "/v1/models"))
                            .headers(bearer("acme"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(JSON.readTree(models.body()).findValuesAsText("id")).containsExactly("alias");
        }
    }

    @Test
    void aTenantsRoutesLeadToItsPoolsUnderItsOwnNames() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", """
                routes:
                  - {models: [mine, base], pool: next}
                  - {models: [near], pool: chat, labels: {zone: a}}
                  - {models: [split], targets: [{pool: chat, weight: 3}, {pool: next, weight: 1}]}
                """));
            for (String name : List.of("mine", "base")) {
                tenants.gateway.post(CHAT, chat(false).replace("base", name), bearer("acme"));
            }
            assertThat(next.requests()).hasSize(2).allMatch(q -> q.body().contains("\"model\":\"base-next\""));
            tenants.gateway.post(CHAT, chat(false).replace("base", "near"), bearer("acme"));
            assertThat(chat.requests()).hasSize(1).allMatch(q -> q.body().contains("\"model\":\"base\""));
            List<String> pools = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                HttpResponse<String> answer = tenants.gateway.post(
                        CHAT,
                        chat(false).replace("base", "split"),
                        "authorization",
                        "Bearer " + key("acme"),
                        "x-session-id",
                        "s" + i % 16);
                assertThat(answer.statusCode()).isEqualTo(200);
                pools.add(answer.headers()
                        .firstValue("x-sluice-decision")
                        .orElseThrow()
                        .replaceAll(" .*", ""));
            }
            for (int i = 16; i < 64; i++) {
                assertThat(pools.get(i)).isEqualTo(pools.get(i - 16));
            }
            assertThat(pools).contains("pool=chat", "pool=next");
        }
    }

    @Test
    void labelsAreNeverRelaxed() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "routes: [{models: [base], labels: {zone: a}}]\n"));
            assertThat(tenants.gateway.post(CHAT, chat(false), bearer("acme")).statusCode())
                    .isEqualTo(200);
            chat.die();
            int served = next.requests().size();
            HttpResponse<String> answer = tenants.gateway.post(CHAT, chat(false), bearer("acme"));
            assertThat(answer.statusCode()).isIn(502, 503);
            assertThat(next.requests()).hasSize(served);
        }
    }

    @Test
    void aModelWithoutCapacityGivesWayToTheNextOne() throws Exception {
        java.util.concurrent.Semaphore go = new java.util.concurrent.Semaphore(0);
        try (ScriptedEngine chat = new ScriptedEngine("base").does((q, out) -> {
                    go.acquire();
                    return whole(out, 200, ANSWER);
                });
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next, "", "concurrency: 1", "")) {
            tenants.put("acme", file("acme", "routes: [{models: [base], fallback: [small]}]\n"));
            String request =
                    GatewayFixture.chatBytes(chat(false)).replace("Host:", "x-api-key: " + key("acme") + "\r\nHost:");
            try (Socket first = tenants.gateway.raw(request)) {
                chat.awaitRequests(1);
                HttpResponse<String> second = tenants.gateway.post(CHAT, chat(false), bearer("acme"));
                assertThat(second.statusCode()).isEqualTo(200);
                assertThat(next.requests()).hasSize(1).allMatch(q -> q.body().contains("\"model\":\"base-next\""));
                go.release(5);
                assertThat(GatewayFixture.readUntil(first.getInputStream(), "\r\n"))
                        .startsWith("HTTP/1.1 200");
            }
        }
    }

    @Test
    void effectiveValuesAreShownWithWhereTheyComeFromAndNothingSecret() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "priority: 5\nroutes: [{models: [base], pool: chat}]\n"));
            String page = tenants.gateway.admin("/tenants/acme").body();
            JsonNode effective = JSON.readTree(page).get("effective");
            assertThat(effective.at("/priority/value").asInt()).isEqualTo(5);
            assertThat(effective.at("/priority/from").asText()).endsWith("acme.yaml:3");
            assertThat(effective.at("/quota.concurrent/from").asText()).isEqualTo("default");
            assertThat(effective.get("routes[0].routing@chat").get("value").asText())
                    .isEqualTo("the default policy");
            assertThat(page + tenants.gateway.admin("/config").body())
                    .doesNotContain(dev.sluice.gateway.tenant.ApiKey.hash(key("acme")))
                    .doesNotContain("the gateway's own secret");
            assertThat(tenants.gateway.admin("/tenants/nobody").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void withTheDoorOpenWhoeverBringsNoKeyIsAnonymousAndABadKeyIsStillRefused() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next, "anonymous: allow", "", "")) {
            assertThat(tenants.gateway.post(CHAT, chat(false)).statusCode()).isEqualTo(200);
            assertThat(tenants.gateway.post(CHAT, chat(false), bearer("acme")).statusCode())
                    .isEqualTo(401);
            assertThat(tenants.gateway.admin("/metrics").body()).contains("sluice_anonymous_open 1");
        }
    }

    @Test
    void besideAConnectorThatDoesNotTellTenantsApartThereIsOneOnly() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next, "", "connector: shared-storage", "")) {
            tenants.put("acme", file("acme", "")).put("rival", file("rival", ""));
            assertThat(tenants.gateway.post(CHAT, chat(false), bearer("acme")).statusCode())
                    .isEqualTo(200);
            assertThat(tenants.gateway.post(CHAT, chat(false), bearer("rival")).statusCode())
                    .isEqualTo(503);
        }
    }
}
