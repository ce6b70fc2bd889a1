package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Canaries in keys, prompts, tools, answers' ways and configuration secrets, through good requests and every error that a client can
 * cause, at a gateway in a process of its own: none may show up in its log, its access and usage logs, its traces, any page of the
 * admin port, or the bundle.
 */
@Timeout(180)
class CanaryTest {
    private static final String KEY = "sk-slc-acme-CANARYkeyCANARYkeyCANARYkeyCANARYkeyCANARYk";
    private static final String CHAT = "/v1/chat/completions";

    @TempDir
    Path directory;

    /** A collector that keeps every byte that it is told. */
    private static final class Collector implements AutoCloseable {
        private final HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        private final List<String> told = new CopyOnWriteArrayList<>();

        Collector() throws IOException {
            server.createContext("/v1/traces", exchange -> {
                told.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
                exchange.sendResponseHeaders(200, -1);
                exchange.close();
            });
            server.start();
        }

        String endpoint() {
            return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/traces";
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }

    private Path config(DemoFleet fleet, Collector collector) throws Exception {
        Files.createDirectories(directory.resolve("tenants"));
        Files.writeString(directory.resolve("salt"), "CANARYsalt");
        Files.writeString(directory.resolve("engine-key"), "CANARYengine");
        String hash = Ran.of("key", "hash", KEY).out().strip();
        assertThat(hash).matches("[0-9a-f]{64}");
        Files.writeString(
                directory.resolve("tenants/acme.yaml"),
                "tenant: acme\nkeys: [{id: ci, sha256: \"" + hash + "\"}]\nquota: {requestsPerMinute: 1000}\n");
        return Files.writeString(directory.resolve("gateway.yaml"), """
                server:
                  host: 127.0.0.1
                  port: 0
                  accessLog: json
                  admin: {port: 0}
                  drain: {notReadyFor: 0s, streams: 1s}
                  session: ["header:x-session"]
                pools:
                  - name: chat
                    models: [%s]
                    credential: {file: engine-key}
                    endpoints: [{url: "http://127.0.0.1:%d"}, {url: "http://127.0.0.1:%d"}]
                tenants: {directory: tenants, salt: {file: salt}}
                usage: {file: usage.jsonl}
                traces: {endpoint: "%s", sample: 1}
                """.formatted(
                        DemoFleet.MODEL, fleet.ports().get(0), fleet.ports().get(1), collector.endpoint()));
    }

    private static String chat(String model, String more) {
        return "{\"model\":\"" + model
                + "\",\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":\"CANARYprompt "
                + "why? ".repeat(200) + "\"}]" + more + "}";
    }

    @Test
    void keysAndPromptsStayWhereTheyBelong() throws Exception {
        try (DemoFleet fleet = DemoFleet.start(2, 1);
                Collector collector = new Collector();
                Running gateway = Running.start(
                        "serving on port",
                        "serve",
                        "--config",
                        config(fleet, collector).toString())) {
            List<Integer> statuses = new ArrayList<>();
            String good = DemoFleet.MODEL;
            statuses.add(post(gateway, CHAT, KEY, chat(good, "")));
            statuses.add(post(gateway, CHAT, KEY, chat(good, ",\"stream\":true")));
            statuses.add(post(gateway, CHAT, KEY, chat("no-such-model", "")));
            statuses.add(post(gateway, CHAT, KEY + "x", chat(good, "")));
            statuses.add(post(gateway, CHAT, "", chat(good, "")));
            statuses.add(post(gateway, CHAT, "eyJDQU5BUlk.CANARYtoken.CANARYtoken", chat(good, "")));
            statuses.add(post(gateway, CHAT, KEY, "{\"model\":\"" + good + "\",\"messages\":[\"CANARYprompt\""));
            statuses.add(post(gateway, CHAT, KEY, chat(good, ",\"model\":\"twice\"")));
            statuses.add(post(gateway, CHAT, KEY, chat(good, ",\"max_tokens\":\"CANARYnumber\"")));
            statuses.add(post(gateway, CHAT, KEY, "CANARYnot json"));
            statuses.add(post(gateway, CHAT, KEY, "{\"model\":\"" + good + "\",\"messages\":\"CANARYwrong\"}"));
            statuses.add(post(
                    gateway,
                    "/v1/responses",
                    KEY,
                    "{\"model\":\"" + good
                            + "\",\"previous_response_id\":\"CANARYresponse\",\"input\":\"CANARYprompt\"}"));
            statuses.add(post(gateway, "/v1/messages", KEY, chat(good, ",\"system\":\"CANARYsystem\"")));
            statuses.add(post(gateway, "/v1/nothing", KEY, chat(good, "")));
            assertThat(statuses).contains(200, 400, 401, 404);
            String admin = "http://127.0.0.1:" + gateway.admin();
            Path zip = directory.resolve("bundle.zip");
            Ran bundle = Ran.of("bundle", "--admin", admin, "--to", zip.toString());
            assertThat(bundle.code()).as(bundle.err() + bundle.out()).isZero();
            Map<String, String> texts = new TreeMap<>(contents(zip));
            assertThat(texts.keySet())
                    .contains(
                            "config.yaml",
                            "endpoints.json",
                            "tenants.json",
                            "decisions.json",
                            "metrics.txt",
                            "threads.txt");
            assertThat(texts.get("threads.txt")).contains("sluice");
            assertThat(texts.get("decisions.json")).contains("slc-");
            List<String> ids = new ArrayList<>();
            java.util.regex.Matcher id =
                    java.util.regex.Pattern.compile("slc-[0-9a-f]+").matcher(texts.get("decisions.json"));
            while (id.find()) {
                ids.add(id.group());
            }
            for (String one : ids) {
                texts.put(
                        "explain " + one,
                        Ran.of("explain", one, "--json", "--admin", admin).out());
            }
            assertThat(gateway.stop()).isZero();
            texts.put("log", String.join("\n", gateway.said()));
            texts.put("usage", Files.readString(directory.resolve("usage.jsonl")));
            assertThat(texts.get("usage")).contains("\"tenant\":\"acme\"");
            texts.put("traces", String.join("\n", collector.told));
            assertThat(texts.get("traces")).contains("acme", CHAT, "/v1/messages", DemoFleet.MODEL, "invalid_api_key");
            texts.forEach((where, text) -> assertThat(text).as(where).doesNotContain("CANARY"));
        }
    }

    @Test
    void aFileThatIsThereIsNotWrittenOver() throws Exception {
        Path there = Files.writeString(directory.resolve("b.zip"), "mine");
        assertThat(Ran.of("bundle", "--to", there.toString()).code()).isEqualTo(Main.WRONG_USE);
        assertThat(Ran.of("bundle", "--to", there.toString(), "--force", "--admin", "http://127.0.0.1:1")
                        .code())
                .isNotZero();
        assertThat(there).hasContent("mine");
        assertThat(directory.resolve("b.zip.part")).doesNotExist();
    }

    private static int post(Running gateway, String path, String key, String body) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + gateway.port() + path))
                    .header("content-type", "application/json")
                    .header("x-session", "CANARYsession")
                    .POST(HttpRequest.BodyPublishers.ofString(body));
            if (!key.isEmpty()) {
                request.header("authorization", "Bearer " + key);
            }
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString())
                    .statusCode();
        }
    }

    private static Map<String, String> contents(Path file) throws Exception {
        Map<String, String> all = new TreeMap<>();
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                all.put(entry.getName(), new String(zip.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return all;
    }
}
