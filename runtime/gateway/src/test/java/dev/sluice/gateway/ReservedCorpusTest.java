package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Law 8 as a corpus: every header and field that a client must not set, in every spelling that we know of, at every place where
 * an engine reads it. All values lead to a sentinel: nobody may ever connect to it, and no engine may see its name or address.
 */
@Timeout(180)
class ReservedCorpusTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> HEADERS = List.of(
            "x-data-parallel-rank",
            "x-data-parallel-host-port",
            "x-prefiller-host-port",
            "x-encoder-hosts-ports",
            "x-kv-cache-source-host-port",
            "x-gateway-destination-endpoint",
            "x-gateway-destination-endpoint-subset",
            "x-gateway-destination-endpoint-served",
            "x-gateway-inference-fairness-id",
            "x-gateway-model-name-rewrite",
            "x-llm-d-inference-objective",
            "x-llm-d-slo-ttft-ms",
            "x-sluice-id",
            "x-sluice-endpoint",
            "k-proxy-request",
            "k-network-hash",
            "knative-serving-namespace",
            "authorization",
            "proxy-authorization",
            "x-api-key",
            "cookie",
            "accept-encoding",
            "keep-alive",
            "te",
            "upgrade");
    private static final List<String> PATHS =
            List.of(CHAT, "/v1/completions", "/v1/responses", "/v1/messages", "/inference/v1/generate");

    @TempDir
    Path dir;

    private final ServerSocket sentinel = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final AtomicInteger connections = new AtomicInteger();
    private final ScriptedEngine engine =
            new ScriptedEngine("base").does((q, out) -> whole(out, 200, HygieneTest.ANSWER));
    private final List<String> leaks = new ArrayList<>();
    private int cases;

    ReservedCorpusTest() throws IOException {}

    @BeforeEach
    void watch() {
        Thread.ofVirtual().start(() -> {
            while (true) {
                try {
                    sentinel.accept().close();
                    connections.incrementAndGet();
                } catch (IOException closed) {
                    return;
                }
            }
        });
    }

    @AfterEach
    void close() throws IOException {
        engine.close();
        sentinel.close();
    }

    private String address() {
        return "127.0.0.1:" + sentinel.getLocalPort();
    }

    /** A connection that is kept, as long as the gateway keeps it. */
    private static final class Client implements AutoCloseable {
        private final GatewayFixture gateway;
        private @Nullable Socket socket;

        Client(GatewayFixture gateway) {
            this.gateway = gateway;
        }

        /** Sends a request, and reads its answer; the status. */
        int send(String head, byte[] body) throws IOException {
            Socket open = socket;
            byte[] first = head.getBytes(StandardCharsets.ISO_8859_1);
            if (open == null) {
                open = gateway.raw("");
                socket = open;
            }
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.write(first);
            all.write(body);
            open.getOutputStream().write(all.toByteArray());
            open.getOutputStream().flush();
            String answer = head(open.getInputStream());
            String lower = answer.toLowerCase(Locale.ROOT);
            int at = lower.indexOf("content-length: ");
            int length = Integer.parseInt(lower.substring(at + "content-length: ".length(), lower.indexOf("\r\n", at)));
            open.getInputStream().readNBytes(length);
            if (lower.contains("connection: close")) {
                close();
            }
            return Integer.parseInt(answer.substring(9, 12));
        }

        private static String head(InputStream in) throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int b = in.read();
                if (b < 0) {
                    throw new IOException("closed after: " + head);
                }
                head.append((char) b);
            }
            return head.toString();
        }

        @Override
        public void close() throws IOException {
            Socket open = socket;
            if (open != null) {
                open.close();
                socket = null;
            }
        }
    }

    /** What the engine got of a case: nothing, or a request in which neither the name nor the sentinel is. */
    private void judge(String what, int before, List<String> names) throws IOException {
        cases++;
        for (ScriptedEngine.Request seen :
                engine.requests().subList(before, engine.requests().size())) {
            String head = seen.head().toLowerCase(Locale.ROOT);
            JsonNode body = JSON.readTree(seen.body());
            boolean leaked = (seen.head() + seen.body()).contains(address());
            for (String name : names) {
                leaked |= head.contains("\r\n" + name + ":") || body.findParent(name) != null;
            }
            if (leaked) {
                leaks.add(what + " -> " + seen.head() + seen.body());
            }
        }
    }

    private static String request(String path, String lines, int length) {
        return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + lines + "content-length: " + length + "\r\n\r\n";
    }

    @Test
    void headersInEverySpelling() throws Exception {
        try (GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine));
                Client client = new Client(gateway)) {
            byte[] body = GatewayFixture.chat(false).getBytes(StandardCharsets.UTF_8);
            for (String name : HEADERS) {
                String value = name.equals("te") ? "trailers, " + address() : address();
                for (String spelled : spellings(name)) {
                    List<String> lines = List.of(
                            spelled + ": " + value + "\r\n",
                            spelled + ":" + value + "\r\n",
                            spelled + ":\t " + value + " \t\r\n",
                            spelled + ": harmless\r\n" + spelled + ": " + value + "\r\n",
                            spelled + ": " + value + "\r\nx-other: 1\r\n" + spelled + ": " + value + "\r\n",
                            "connection: keep-alive, " + spelled + "\r\n" + spelled + ": " + value + "\r\n",
                            spelled + " : " + value + "\r\n",
                            "x-other: 1\r\n " + spelled + ": " + value + "\r\n",
                            spelled + ": harmless\r\n\t" + value + "\r\n",
                            spelled + ": a, " + value + "\r\n");
                    for (String line : lines) {
                        int before = engine.requests().size();
                        client.send(request(CHAT, line, body.length), body);
                        // The gateway may send an accept-encoding or credential of its own; never the client's value.
                        List<String> names = List.of("accept-encoding", "authorization", "x-sluice-id")
                                        .contains(name)
                                ? List.of()
                                : List.of(name, name.replace('-', '_'));
                        judge(line, before, names);
                    }
                }
            }
        }
        end(HEADERS.size() * 30);
    }

    @Test
    void headersInTrailers() throws Exception {
        try (GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine));
                Client client = new Client(gateway)) {
            String body = GatewayFixture.chat(false);
            for (String name : HEADERS) {
                for (String spelled : spellings(name)) {
                    String chunked = Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n" + spelled + ": "
                            + address() + "\r\n\r\n";
                    int before = engine.requests().size();
                    client.send(
                            "POST " + CHAT + " HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\ntrailer: " + spelled
                                    + "\r\n\r\n",
                            chunked.getBytes(StandardCharsets.UTF_8));
                    judge("trailer " + spelled, before, List.of());
                }
            }
        }
        end(HEADERS.size() * 3);
    }

    @Test
    void fieldsInEverySpellingAtEveryPlace() throws Exception {
        try (GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine));
                Client client = new Client(gateway)) {
            for (String path : PATHS) {
                for (String body : bodies(path)) {
                    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
                    int before = engine.requests().size();
                    client.send(request(path, "", bytes.length), bytes);
                    judge(path + " " + body, before, HygieneTest.TAKEN);
                }
            }
        }
        end(2000);
    }

    @Test
    void fieldsAndHeadersBehindAProxy() throws Exception {
        try (GatewayFixture gateway =
                        GatewayFixture.before(dir, List.of(engine), "", "", "extProc: {host: 127.0.0.1, port: 0}");
                EnvoyStandIn envoy =
                        new EnvoyStandIn(gateway.gateway.pickerPort().orElseThrow())) {
            String own = "127.0.0.1:" + engine.port();
            for (String name : HEADERS) {
                for (String spelled : List.of(name, name.replace('-', '_'))) {
                    EnvoyStandIn.Request request = envoy.begin(CHAT, spelled, address());
                    request.body(GatewayFixture.chat(false), true);
                    var first = request.next();
                    cases++;
                    if (first.hasImmediateResponse()) {
                        continue; // such as a model of that name, which there is none of
                    }
                    var head = first.getRequestHeaders().getResponse();
                    var set = EnvoyStandIn.set(head.getHeaderMutation());
                    boolean proxys = List.of("te", "keep-alive", "upgrade", "proxy-authorization")
                            .contains(name);
                    if (!set.getOrDefault("x-gateway-destination-endpoint", "").equals(own)
                            || set.containsValue(address())
                            || !(proxys
                                    || set.containsKey(spelled)
                                    || head.getHeaderMutation()
                                            .getRemoveHeadersList()
                                            .contains(spelled))) {
                        leaks.add(spelled + " -> " + head);
                    }
                    request.cancel();
                }
            }
            for (String body : bodies(CHAT).subList(0, 300)) {
                EnvoyStandIn.Request request = envoy.begin(CHAT);
                request.body(body, true);
                var first = request.next();
                if (first.hasImmediateResponse()) {
                    cases++;
                    continue;
                }
                JsonNode sent =
                        JSON.readTree(ByteString.copyFrom(request.pieces()).toStringUtf8());
                cases++;
                if (HygieneTest.TAKEN.stream().anyMatch(field -> sent.findParent(field) != null)
                        || sent.toString().contains(address())) {
                    leaks.add(body + " -> " + sent);
                }
                request.cancel();
            }
        }
        end(300);
    }

    private void end(int least) {
        assertThat(leaks).isEmpty();
        assertThat(connections.get()).as("connections to the sentinel").isZero();
        assertThat(cases).isGreaterThanOrEqualTo(least);
    }

    private static List<String> spellings(String name) {
        StringBuilder mixed = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            mixed.append(i % 2 == 0 ? Character.toUpperCase(name.charAt(i)) : name.charAt(i));
        }
        return name.indexOf('-') < 0
                ? List.of(name, name.toUpperCase(Locale.ROOT), mixed.toString())
                : List.of(
                        name,
                        name.toUpperCase(Locale.ROOT),
                        mixed.toString(),
                        name.replace('-', '_'),
                        name.replaceFirst("-", "_").toUpperCase(Locale.ROOT));
    }

    /** Bodies with a field that must go, once or twice, between members that stay. */
    private List<String> bodies(String path) {
        String prompt = path.equals("/inference/v1/generate") ? "\"token_ids\":[1,2,3]" : "\"messages\":[]";
        List<String> values = List.of(
                "\"" + address() + "\"",
                "{\"remote_host\":\"" + address() + "\",\"a\":[1,{\"b\":\"}\\\"\"}]}",
                "[\"" + address() + "\",[[]]]",
                "7",
                "null");
        List<String> bodies = new ArrayList<>();
        for (String field : HygieneTest.TAKEN) {
            for (String spelled : fieldSpellings(field)) {
                for (String value : values) {
                    String member = "\"" + spelled + "\":" + value;
                    bodies.add("{\"model\":\"base\"," + prompt + "," + member + "}");
                    bodies.add("{" + member + ",\"model\":\"base\"," + prompt + "}");
                    bodies.add("{\"model\":\"base\",\"vllm_xargs\":{\"x\":1," + member + ",\"y\":[2]}," + prompt + "}");
                    bodies.add("{\"model\":\"base\",\"sampling_params\":{\"extra_args\" : { " + member + " }}," + prompt
                            + "}");
                    bodies.add("{\"model\":\"base\"," + member + "," + member + "," + prompt + "}");
                }
            }
        }
        return bodies;
    }

    /** As it is; with its first character, its underscore, or all of it escaped. */
    private static List<String> fieldSpellings(String field) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < field.length(); i++) {
            all.append(escape(field.charAt(i), i % 2 == 0));
        }
        return List.of(
                field,
                escape(field.charAt(0), false) + field.substring(1),
                field.replaceFirst("_", "\\\\u005F"),
                all.toString());
    }

    private static String escape(char c, boolean upper) {
        String digits = String.format(Locale.ROOT, "%04x", (int) c);
        return "\\u" + (upper ? digits.toUpperCase(Locale.ROOT) : digits);
    }
}
