package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static dev.sluice.gateway.TenantFixture.ANSWER;
import static dev.sluice.gateway.TenantFixture.file;
import static dev.sluice.gateway.TenantFixture.key;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jwt.JWTClaimsSet;
import dev.sluice.gateway.identity.FakeIdp;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of an issuer in the place of keys, from the socket to the engine. */
@Timeout(120)
class TokensTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path dir;

    private static ScriptedEngine engine(String model) throws Exception {
        return new ScriptedEngine(model).does((q, out) -> whole(out, 200, ANSWER));
    }

    private TenantFixture start(ScriptedEngine chat, ScriptedEngine next, FakeIdp idp) throws Exception {
        return TenantFixture.start(dir, chat, next, "", "", """
                identity: {issuers: [{name: corp, issuer: "%s", audience: sluice, jwks: "%s"}]}
                usage: {file: usage.jsonl}
                """.formatted(FakeIdp.ISS, idp.url()));
    }

    private static HttpResponse<String> ask(TenantFixture tenants, String token) throws Exception {
        return tenants.gateway.post(CHAT, chat(false), "authorization", "Bearer " + token);
    }

    private static String code(HttpResponse<String> answer) throws Exception {
        return JSON.readTree(answer.body()).at("/error/code").asText();
    }

    private static JWTClaimsSet.Builder group(String... groups) {
        return FakeIdp.claims("alice").claim("groups", List.of(groups));
    }

    @Test
    void aTokenIsItsTenantsByItsClaims() throws Exception {
        try (FakeIdp idp = new FakeIdp();
                ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = start(chat, next, idp)) {
            tenants.put("acme", "tenant: acme\nmatch: [{issuer: corp, claims: {groups: team-acme}}]\n");
            tenants.put("bolt", file("bolt", """
                            match: [{issuer: corp, claims: {groups: [team-bolt, bolt-admins]}}]
                            routes: [{models: [base], pool: next}]
                            """));
            assertThat(ask(tenants, idp.token(group("team-acme", "others"))).statusCode())
                    .isEqualTo(200);
            assertThat(chat.requests()).hasSize(1);
            assertThat(ask(tenants, idp.token(group("bolt-admins"))).statusCode())
                    .isEqualTo(200);
            assertThat(ask(tenants, key("bolt")).statusCode())
                    .as("keys work beside them")
                    .isEqualTo(200);
            assertThat(next.requests()).hasSize(2);
            assertThat(next.requests().getFirst().header("authorization")).isEmpty();

            HttpResponse<String> nobody = ask(tenants, idp.token(group("strangers")));
            assertThat(nobody.statusCode()).isEqualTo(401);
            HttpResponse<String> forged = ask(
                    tenants,
                    FakeIdp.token(group("team-acme"), FakeIdp.key("k1"), com.nimbusds.jose.JOSEObjectType.JWT));
            assertThat(forged.statusCode()).isEqualTo(401);
            assertThat(code(forged)).isEqualTo("invalid_api_key");

            HttpResponse<String> both = ask(tenants, idp.token(group("team-acme", "team-bolt")));
            assertThat(both.statusCode()).isEqualTo(403);
            assertThat(code(both)).isEqualTo("route_not_allowed");
            tenants.remove("bolt");
            assertThat(ask(tenants, idp.token(group("team-acme", "team-bolt"))).statusCode())
                    .as("it is one's alone now")
                    .isEqualTo(200);
        }
        assertThat(Files.readString(dir.resolve("usage.jsonl")))
                .contains("\"tenant\":\"acme\"")
                .contains("corp:alice")
                .doesNotContain("eyJ");
    }

    @Test
    void ourFaultIsToldApartFromTheirs() throws Exception {
        try (FakeIdp idp = new FakeIdp();
                ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = start(chat, next, idp)) {
            idp.status = 503;
            tenants.put("acme", "tenant: acme\nmatch: [{issuer: corp, claims: {groups: team-acme}}]\n");
            HttpResponse<String> away = ask(tenants, idp.token(group("team-acme")));
            assertThat(away.statusCode()).isEqualTo(503);
            assertThat(away.headers().firstValue("retry-after")).hasValue("5");
            assertThat(code(away)).isEqualTo("overloaded");
            assertThat(ask(tenants, "no-token-at-all").statusCode()).isEqualTo(401);
        }
    }

    @Test
    void aBrokenFileIsToldToItsTokensToo() throws Exception {
        try (FakeIdp idp = new FakeIdp();
                ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = start(chat, next, idp)) {
            tenants.put("acme", "tenant: acme\npriority: high\nmatch: [{issuer: corp, claims: {groups: team-acme}}]\n");
            assertThat(ask(tenants, idp.token(group("team-acme"))).statusCode()).isEqualTo(503);
        }
    }
}
