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
import static dev.sluice.gateway.TenantFixture.ANSWER;
import static dev.sluice.gateway.TenantFixture.file;
import static dev.sluice.gateway.TenantFixture.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.tenant.TenantQuota;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is set aside for a request is settled once, whichever way it ends. */
@Timeout(120)
class TenantQuotaTest {
    /** No read of an engine's stream is longer. */
    private static final int READ_BYTES = 64 << 10;

    @TempDir
    Path dir;

    private static ScriptedEngine engine(String model) throws Exception {
        return new ScriptedEngine(model).does((q, out) -> whole(out, 200, ANSWER));
    }

    private static TenantQuota quota(TenantFixture tenants, String tenant) {
        return tenants.gateway
                .gateway
                .runtime()
                .settings
                .tenants()
                .tenant(tenant)
                .orElseThrow()
                .quota();
    }

    private static HttpResponse<String> ask(TenantFixture tenants, String body) throws Exception {
        return tenants.gateway.post(CHAT, body, "x-api-key", key("acme"));
    }

    private static long header(HttpResponse<String> answer, String name) {
        return Long.parseLong(answer.headers().firstValue(name).orElseThrow());
    }

    @Test
    void headersSayWhatIsLeftAndTheLastRequestOfAMinuteIsTheLast() throws Exception {
        try (ScriptedEngine chat = engine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "quota: {requestsPerMinute: 3, tokensPerMinute: 5000}\n"));
            for (int left = 2; left >= 0; left--) {
                HttpResponse<String> answer = ask(tenants, chat(false));
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(header(answer, "x-ratelimit-limit-requests")).isEqualTo(3);
                assertThat(header(answer, "x-ratelimit-remaining-requests")).isEqualTo(left);
                assertThat(answer.headers()
                                .firstValue("x-ratelimit-reset-tokens")
                                .orElseThrow())
                        .matches("([0-9]+m)?[0-9]+m?s");
            }
            HttpResponse<String> refused = ask(tenants, chat(false));
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("rate_limit_error", "rate_limit_exceeded");
            assertThat(header(refused, "retry-after")).isBetween(1L, 20L);
            assertThat(chat.requests()).hasSize(3);
            assertThat(quota(tenants, "acme").settledTokens()).isEqualTo(30);
            // Another file of the same tenant does not make it forget.
            tenants.put("acme", file("acme", "priority: 1\nquota: {requestsPerMinute: 3, tokensPerMinute: 5000}\n"));
            assertThat(ask(tenants, chat(false)).statusCode()).isEqualTo(429);
        }
    }

    @Test
    void tokensAreSetAsideForTheWholeAnswerAndComeBackWhenItIsShort() throws Exception {
        Semaphore go = new Semaphore(0);
        try (ScriptedEngine chat = new ScriptedEngine("base").does((q, out) -> {
                    go.acquire();
                    return whole(out, 200, ANSWER);
                });
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "quota: {tokensPerMinute: 1000, models: {alias: {concurrent: 5}}}\n"));
            String long_ = chat(false).replace("{\"model\"", "{\"max_tokens\":900,\"model\"");
            try (Socket first = tenants.gateway.raw(
                    GatewayFixture.chatBytes(long_).replace("Host:", "x-api-key: " + key("acme") + "\r\nHost:"))) {
                chat.awaitRequests(1);
                HttpResponse<String> refused = ask(tenants, long_);
                assertThat(refused.statusCode()).isEqualTo(429);
                assertThat(refused.body()).contains("quota_exceeded");
                go.release(10);
                GatewayFixture.readUntil(first.getInputStream(), "\r\n\r\n");
            }
            TenantFixture.until(() -> quota(tenants, "acme").inFlight() == 0);
            assertThat(ask(tenants, long_).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void allNamesOfAModelShareItsOwnLimit() throws Exception {
        Semaphore go = new Semaphore(0);
        try (ScriptedEngine chat = new ScriptedEngine("base").does((q, out) -> {
                    go.acquire();
                    return whole(out, 200, ANSWER);
                });
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "quota: {models: {alias: {concurrent: 1}}}\n"));
            try (Socket first = tenants.gateway.raw(GatewayFixture.chatBytes(chat(false))
                    .replace("Host:", "x-api-key: " + key("acme") + "\r\nHost:"))) {
                chat.awaitRequests(1);
                assertThat(ask(tenants, chat(false)).statusCode()).isEqualTo(429);
                assertThat(ask(tenants, chat(false).replace("base", "alias")).statusCode())
                        .isEqualTo(429);
                assertThat(ask(tenants, chat(false).replace("base", "small")).statusCode())
                        .isEqualTo(200);
                go.release(10);
                GatewayFixture.readUntil(first.getInputStream(), "\r\n\r\n");
            }
        }
    }

    private static int count(String text, String part) {
        return text.split(java.util.regex.Pattern.quote(part), -1).length - 1;
    }

    @Test
    void aStreamThatOverspendsIsCutHonestlyAndItsEngineStops() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        try (ScriptedEngine chat = new ScriptedEngine("base").does((q, out) -> {
                    begin(out);
                    try {
                        while (true) {
                            chunk(out, delta("x"));
                            java.util.concurrent.locks.LockSupport.parkNanos(50_000);
                        }
                    } catch (java.io.IOException gone) {
                        stopped.countDown();
                    }
                    return false;
                });
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "quota: {tokensPerMinute: 600}\n"));
            TenantQuota quota = quota(tenants, "acme");
            String request =
                    GatewayFixture.chatBytes(chat(true)).replace("Host:", "x-api-key: " + key("acme") + "\r\nHost:");
            String seen;
            try (Socket client = tenants.gateway.raw(request)) {
                seen = GatewayFixture.readAll(client.getInputStream());
            }
            assertThat(stopped.await(20, TimeUnit.SECONDS))
                    .as("the engine is told")
                    .isTrue();
            assertThat(seen)
                    .contains("\"code\":\"quota_exceeded\"", "\"type\":\"rate_limit_error\"")
                    .doesNotContain("[DONE]", "\"finish_reason\":\"")
                    .doesNotEndWith("0\r\n\r\n");
            int passed = count(seen, delta("x").strip());
            assertThat(passed).as("what it had, and not much more").isBetween(500, 1400);
            TenantFixture.until(() -> quota.inFlight() == 0);
            long inOneRead = READ_BYTES / delta("x").length();
            assertThat(quota.settledTokens())
                    .as("what passed, the prompt, and what came with the token that was one too many")
                    .isBetween((long) passed, passed + 60L + inOneRead);
            HttpResponse<String> refused = ask(tenants, chat(true));
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("quota_exceeded");
            assertThat(tenants.gateway.admin("/metrics").body())
                    .containsPattern(
                            "sluice_requests_total\\{[^}]*reason=\"quota_exceeded\"[^}]*status=\"200\"[^}]*} 1");
        }
    }

    @Test
    void aLongStreamOfATenantThatHasEnoughIsNotCut() throws Exception {
        try (ScriptedEngine chat = new ScriptedEngine("base").does((q, out) -> {
                    begin(out);
                    for (int i = 0; i < 3000; i++) {
                        chunk(out, delta("x"));
                    }
                    chunk(out, finish("stop") + usage(10, 3, 3000) + DONE);
                    return end(out);
                });
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "quota: {tokensPerMinute: 4000}\n"));
            HttpResponse<String> answer = ask(tenants, chat(true));
            assertThat(answer.body()).endsWith(DONE);
            assertThat(count(answer.body(), delta("x"))).isEqualTo(3000);
            TenantQuota quota = quota(tenants, "acme");
            TenantFixture.until(() -> quota.inFlight() == 0);
            assertThat(quota.settledTokens()).isEqualTo(3010);
        }
    }

    @Test
    void everyWayOutReleasesWhatWasHeld() throws Exception {
        ScriptedEngine.Script streams = (q, out) -> {
            begin(out);
            chunk(out, delta("a") + delta("b"));
            chunk(out, finish("stop") + usage(10, 3, 2) + DONE);
            return end(out);
        };
        ScriptedEngine.Script dies = (q, out) -> {
            begin(out);
            chunk(out, delta("a") + delta("b") + delta("c"));
            q.socket().setSoLinger(true, 0);
            return false;
        };
        ScriptedEngine.Script refuses = (q, out) -> whole(out, 400, "{\"error\":{}}");
        ScriptedEngine.Script full = (q, out) -> whole(out, 503, "{\"error\":{}}");
        ScriptedEngine.Script crashes = (q, out) -> false;
        ScriptedEngine.Script hangs = (q, out) -> {
            begin(out);
            chunk(out, delta("a") + delta("b"));
            q.awaitClose();
            return false;
        };
        List<ScriptedEngine.Script> scripts = new ArrayList<>(List.of(streams, dies, refuses, full, crashes, hangs));
        try (ScriptedEngine chat = new ScriptedEngine("base");
                ScriptedEngine next = engine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next)) {
            tenants.put("acme", file("acme", "quota: {tokensPerMinute: 1000000, concurrent: 2}\n"));
            TenantQuota quota = quota(tenants, "acme");
            for (ScriptedEngine.Script script : scripts) {
                long before = quota.settledTokens();
                chat.does(script);
                String request = GatewayFixture.chatBytes(chat(true))
                        .replace("Host:", "connection: close\r\nx-api-key: " + key("acme") + "\r\nHost:");
                try (Socket client = tenants.gateway.raw(request)) {
                    if (script.equals(hangs)) {
                        GatewayFixture.readUntil(client.getInputStream(), "\"b\"");
                    } else {
                        GatewayFixture.readAll(client.getInputStream());
                    }
                }
                TenantFixture.until(() -> quota.inFlight() == 0);
                long cost = quota.settledTokens() - before;
                if (script.equals(streams)) {
                    assertThat(cost).isEqualTo(12);
                } else if (script.equals(refuses) || script.equals(full)) {
                    assertThat(cost).isZero();
                } else {
                    assertThat(cost)
                            .as("the prompt, and what was seen of an answer")
                            .isBetween(2L, 40L);
                }
            }
        }
    }
}
