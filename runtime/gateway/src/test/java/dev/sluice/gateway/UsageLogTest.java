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

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.core.Usage;
import dev.sluice.gateway.config.Size;
import dev.sluice.gateway.config.UsageConfig;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class UsageLogTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path dir;

    private static UsageLine line(int i) {
        return new UsageLine(
                i,
                "slc-" + i,
                "",
                "acme",
                "ci",
                CHAT,
                "chat",
                "base",
                "",
                "e",
                1,
                new Usage(9, 3, 1),
                false,
                0,
                1_500_000,
                200,
                "ok");
    }

    private static List<JsonNode> lines(Path file) throws Exception {
        List<JsonNode> lines = new ArrayList<>();
        for (String text : Files.readAllLines(file)) {
            lines.add(JSON.readTree(text));
        }
        return lines;
    }

    @Test
    void itIsRotatedBySizeAndNoLineIsLostOrCut() throws Exception {
        Path file = dir.resolve("usage.jsonl");
        AtomicLong lost = new AtomicLong();
        try (UsageLog log = new UsageLog(new UsageConfig(file, new Size(4096), 100), lost)) {
            for (int i = 0; i < 500; i++) {
                log.line(line(i));
            }
        }
        List<JsonNode> all = new ArrayList<>();
        for (int i = 100; i >= 1; i--) {
            Path rotated = dir.resolve("usage.jsonl." + i);
            if (Files.exists(rotated)) {
                assertThat(Files.size(rotated)).isBetween(4096L, 5000L);
                all.addAll(lines(rotated));
            }
        }
        all.addAll(lines(file));
        assertThat(lost).hasValue(0);
        assertThat(all)
                .extracting(l -> l.get("id").asText())
                .hasSize(500)
                .startsWith("slc-0")
                .endsWith("slc-499");
        assertThat(all.getFirst().at("/engineSeconds/serve").asDouble()).isEqualTo(0.0015);
    }

    @Test
    void oldOnesGo() throws Exception {
        Path file = dir.resolve("usage.jsonl");
        try (UsageLog log = new UsageLog(new UsageConfig(file, new Size(1024), 2), new AtomicLong())) {
            for (int i = 0; i < 100; i++) {
                log.line(line(i));
            }
        }
        assertThat(dir.resolve("usage.jsonl.2")).exists();
        assertThat(dir.resolve("usage.jsonl.3")).doesNotExist();
    }

    @Test
    void whatCannotBeWrittenIsCounted() throws Exception {
        AtomicLong lost = new AtomicLong();
        Path nowhere = dir.resolve("no/such/directory/usage.jsonl");
        try (UsageLog log = new UsageLog(new UsageConfig(nowhere, new Size(4096), 1), lost)) {
            log.line(line(1));
            log.line(line(2));
        }
        assertThat(lost).hasValue(2);
    }

    @Test
    void everyExchangeHasItsLineAndNothingOfKeysAndPromptsIsInAnyLogOrPage() throws Exception {
        ByteArrayOutputStream logged = new ByteArrayOutputStream();
        Handler handler = new StreamHandler(
                new PrintStream(logged, true, StandardCharsets.UTF_8), new java.util.logging.SimpleFormatter());
        handler.setLevel(java.util.logging.Level.ALL);
        Logger.getLogger("").addHandler(handler);
        String canary = "CANARY-prompt-7f3a";
        try (ScriptedEngine chat = new ScriptedEngine("base")
                        .does(
                                (q, out) -> whole(out, 200, ANSWER),
                                (q, out) -> {
                                    begin(out);
                                    chunk(out, delta("a") + finish("stop") + usage(10, 3, 2) + DONE);
                                    return end(out);
                                },
                                (q, out) -> whole(out, 400, "{\"error\":{}}"));
                ScriptedEngine next = new ScriptedEngine("base-next");
                TenantFixture tenants = TenantFixture.start(dir, chat, next, "", "", "usage: {file: usage.jsonl}\n")) {
            tenants.put("acme", file("acme", "quota: {requestsPerMinute: 5, tokensPerMinute: 100000}\n"));
            String body = chat(false).replace("hello", canary);
            String[] good = {"x-api-key", key("acme"), "authorization", "Basic " + canary};
            String[] bad = {"authorization", "Bearer sk-slc-acme-" + canary};
            tenants.gateway.post(CHAT, body, good);
            tenants.gateway.post(CHAT, chat(true).replace("hello", canary), good);
            tenants.gateway.post(CHAT, body, good);
            tenants.gateway.post(CHAT, body, bad);
            tenants.gateway.post(CHAT, body.replace("}]", canary), good);
            tenants.gateway.post(CHAT, body.replace("base", "nothing"), good);
            for (int i = 0; i < 4; i++) {
                tenants.gateway.post(CHAT, body, good);
            }
            tenants.put("broken", "tenant: broken\nkeys: [{id: x, sha256: " + canary + "}]\n" + canary + "\n");
            String pages = "";
            for (String page :
                    List.of("/metrics", "/decisions", "/tenants", "/tenants/acme", "/config", "/endpoints")) {
                pages += tenants.gateway.admin(page).body();
            }
            for (JsonNode decision :
                    JSON.readTree(tenants.gateway.admin("/decisions").body())) {
                pages += tenants.gateway
                        .admin("/explain/" + decision.get("id").asText())
                        .body();
            }
            tenants.gateway.gateway.close();
            handler.flush();
            String usage = Files.readString(dir.resolve("usage.jsonl"));
            for (String text : List.of(pages, usage, logged.toString(StandardCharsets.UTF_8))) {
                assertThat(text).doesNotContain(key("acme")).doesNotContain("CANARY-prompt");
            }
            List<JsonNode> lines = lines(dir.resolve("usage.jsonl"));
            assertThat(lines)
                    .extracting(l -> l.get("status").asInt())
                    .startsWith(200, 200, 400, 401, 400, 404)
                    .contains(429);
            assertThat(lines.get(0).get("promptTokens").asInt()).isEqualTo(9);
            assertThat(lines.get(0).get("key").asText()).isEqualTo("acme");
            assertThat(lines.get(1).get("outputTokens").asInt()).isEqualTo(2);
            assertThat(lines.get(3).get("tenant").asText()).isEmpty();
        } finally {
            Logger.getLogger("").removeHandler(handler);
        }
    }
}
