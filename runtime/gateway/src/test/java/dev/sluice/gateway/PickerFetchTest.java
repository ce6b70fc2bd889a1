package dev.sluice.gateway;

import static dev.sluice.gateway.EnvoyStandIn.CHAT;
import static dev.sluice.gateway.EnvoyStandIn.destination;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.usage;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sluice.extproc.v3.HeaderMutation;
import dev.sluice.extproc.v3.ProcessingResponse;
import dev.sluice.gateway.config.Overrides;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Behind a proxy: what an engine is told that is to fetch a cached beginning of a prompt from another, over a real gRPC channel. */
@Timeout(60)
class PickerFetchTest {
    private static final String SOURCE = "x-kv-cache-source-host-port";
    private static final String PREFILLER = "x-prefiller-host-port";
    private static final String BEGINNING = "a beginning that both engines need ".repeat(60);

    @TempDir
    Path dir;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final ScriptedEngine a;
    private final ScriptedEngine b;

    PickerFetchTest() throws Exception {
        a = opened(new ScriptedEngine("base"));
        b = opened(new ScriptedEngine("base"));
    }

    private <T extends AutoCloseable> T opened(T it) {
        open.addFirst(it);
        return it;
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable it : open) {
            it.close();
        }
    }

    /** A header says which engine serves; {@code source} is a line of the routing section. */
    private GatewayFixture gateway(String connector, String source) throws Exception {
        Path file = Files.writeString(dir.resolve("fetch.yaml"), """
                server:
                  host: 127.0.0.1
                  port: 0
                  admin: {port: 0}
                  extProc: {host: 127.0.0.1, port: 0}
                pools:
                  - name: chat
                    models: [base]
                    connector: %s
                    routing: by-header
                    endpoints:
                      - {url: "http://127.0.0.1:%d", labels: {engine: a}}
                      - {url: "http://127.0.0.1:%d", labels: {engine: b}}
                routing:
                  by-header:
                    plugins:
                %s
                      - {type: header-label-affinity-scorer, parameters: {headerName: x-engine, labelKey: engine}}
                      - {type: max-score-picker}
                    schedulingProfiles:
                      - name: default
                        plugins: [{pluginRef: header-label-affinity-scorer}, {pluginRef: max-score-picker}]
                """.formatted(connector, a.port(), b.port(), source));
        return opened(GatewayFixture.load(file, Overrides.NONE, 2));
    }

    private static String address(ScriptedEngine engine) {
        return "127.0.0.1:" + engine.port();
    }

    private static String chat() {
        return "{\"model\":\"base\",\"messages\":[{\"role\":\"user\",\"content\":\"" + BEGINNING
                + "\"}],\"stream\":true,\"stream_options\":{\"include_usage\":true},\"vendor_field\":[1, 2]}";
    }

    /** What the proxy was told of one request, and what of its body goes on. */
    private record Told(String destination, HeaderMutation headers, String body) {
        Map<String, String> set() {
            return EnvoyStandIn.set(headers);
        }
    }

    /** One request to its end, by an engine that had so many of its tokens. */
    private static Told serve(GatewayFixture gateway, EnvoyStandIn envoy, int cached, String... headers)
            throws Exception {
        EnvoyStandIn.Request request = envoy.begin(CHAT, headers);
        request.body(chat(), true);
        ProcessingResponse head = request.next();
        String body = request.pieces().stream().map(ByteString::toStringUtf8).reduce("", String::concat);
        assertThat(gateway.inFlight()).as("a source is not charged").isEqualTo(1);
        request.answerHead(200, "text/event-stream", false).next();
        request.answerBody(delta("hello") + finish("stop") + usage(500, cached, 1) + DONE, true);
        request.answerPieces();
        gateway.awaitIdle();
        return new Told(
                destination(head), head.getRequestHeaders().getResponse().getHeaderMutation(), body);
    }

    private static double fetched(GatewayFixture gateway) throws Exception {
        return gateway.admin("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("sluice_kv_pulls_total{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    void theSidecarIsToldWhoHasWhatItsEngineLacks() throws Exception {
        GatewayFixture gateway =
                gateway("sidecar", "      - {type: p2p-source-producer, parameters: {minCachedTokenDelta: 16}}");
        try (EnvoyStandIn envoy = new EnvoyStandIn(gateway.gateway.pickerPort().orElseThrow())) {
            Told first = serve(gateway, envoy, 0, "x-engine", "a", SOURCE, "10.0.0.9:1");
            assertThat(first.destination()).isEqualTo(address(a));
            assertThat(first.set()).as("nobody has it").doesNotContainKeys(SOURCE, PREFILLER);
            assertThat(first.headers().getRemoveHeadersList())
                    .as("what a client says of sources is not believed")
                    .contains(SOURCE);

            Told second = serve(gateway, envoy, 0, "x-engine", "b", SOURCE, "10.0.0.9:1");
            assertThat(second.destination()).isEqualTo(address(b));
            assertThat(second.set()).containsEntry(SOURCE, address(a)).doesNotContainKey(PREFILLER);
            assertThat(second.headers().getRemoveHeadersList())
                    .as("Envoy removes before it sets, and others may not")
                    .doesNotContain(SOURCE);
            assertThat(second.body()).as("all is said by the header").isEqualTo(chat());
            assertThat(fetched(gateway)).isEqualTo(1);
            assertThat(gateway.admin("/explain/" + second.set().get("x-request-id"))
                            .body())
                    .contains("\"pull\"")
                    .contains(address(a));

            Told third = serve(gateway, envoy, 480, "x-engine", "b");
            assertThat(third.destination()).isEqualTo(address(b));
            assertThat(third.set()).as("it has it now").doesNotContainKey(SOURCE);
            assertThat(fetched(gateway)).isEqualTo(1);
        }
    }

    @Test
    void withoutAWordOfTheOwnerNoSidecarIsToldToFetch() throws Exception {
        GatewayFixture gateway = gateway("sidecar", "");
        try (EnvoyStandIn envoy = new EnvoyStandIn(gateway.gateway.pickerPort().orElseThrow())) {
            serve(gateway, envoy, 0, "x-engine", "a");
            Told second = serve(gateway, envoy, 0, "x-engine", "b");
            assertThat(second.destination()).isEqualTo(address(b));
            assertThat(second.set()).doesNotContainKey(SOURCE);
            assertThat(fetched(gateway)).isZero();
        }
    }

    /** Behind a proxy only what a sidecar sees to is split or fetched: bodies of other engines go on as they are. */
    @Test
    void enginesWithoutASidecarComputeWhatTheyLack() throws Exception {
        GatewayFixture gateway = gateway(
                "{type: offloading, parameters: {warmUp: false}}",
                "      - {type: p2p-source-producer, parameters: {minCachedTokenDelta: 16}}");
        try (EnvoyStandIn envoy = new EnvoyStandIn(gateway.gateway.pickerPort().orElseThrow())) {
            serve(gateway, envoy, 0, "x-engine", "a");
            Told second = serve(gateway, envoy, 0, "x-engine", "b");
            assertThat(second.destination()).isEqualTo(address(b));
            assertThat(second.set()).doesNotContainKeys(SOURCE, PREFILLER);
            assertThat(second.body()).isEqualTo(chat());
            assertThat(fetched(gateway)).isZero();
        }
    }
}
