package dev.sluice.gateway;

import static dev.sluice.gateway.EnvoyStandIn.CHAT;
import static dev.sluice.gateway.EnvoyStandIn.destination;
import static dev.sluice.gateway.EnvoyStandIn.set;
import static dev.sluice.gateway.Halves.ALWAYS;
import static dev.sluice.gateway.Halves.decodes;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.usage;
import static dev.sluice.gateway.TwoLegsTest.metric;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.extproc.v3.ProcessingResponse;
import dev.sluice.gateway.config.Overrides;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** llm-d's sidecar before each decode engine: one leg, whose headers say who computes the prompt. */
@Timeout(60)
class SidecarTest {
    private static final String PREFILLER = "x-prefiller-host-port";
    private static final String SOURCE = "x-kv-cache-source-host-port";
    private static final String SPLIT = "sluice_disaggregation_total{decision=\"prefill-decode\"}";
    private static final String SERVER = "extProc: {host: 127.0.0.1, port: 0}";

    @TempDir
    Path dir;

    private ScriptedEngine p;
    private ScriptedEngine d;

    SidecarTest() throws Exception {
        p = new ScriptedEngine("base");
        d = new ScriptedEngine("base").does(decodes());
    }

    private GatewayFixture gateway;

    @BeforeEach
    void start() throws Exception {
        gateway = GatewayFixture.split(
                dir, List.of(p), List.of(d), "connector: sidecar\n    routing: always", ALWAYS, SERVER);
    }

    @AfterEach
    void close() throws Exception {
        gateway.close();
        p.close();
        d.close();
    }

    private static String address(ScriptedEngine engine) {
        return "127.0.0.1:" + engine.port();
    }

    private static String chat(boolean stream) {
        return "{\"model\":\"base\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"stream\":" + stream
                + ",\"stream_options\":{\"include_usage\":true}}";
    }

    private EnvoyStandIn envoy() {
        return new EnvoyStandIn(gateway.gateway.pickerPort().orElseThrow());
    }

    @Test
    void aPickerConfigurationThatSplitsRequestsNamesThePrefillEndpointToTheSidecar() throws Exception {
        gateway.close();
        Path epp = Files.writeString(dir.resolve("epp.yaml"), """
                apiVersion: llm-d.ai/v1
                kind: EndpointPickerConfig
                plugins:
                  - {type: always-disagg-pd-decider}
                  - {type: disagg-profile-handler, parameters: {deciders: {prefill: always-disagg-pd-decider}}}
                  - {type: prefill-filter}
                  - {type: decode-filter}
                  - {type: queue-scorer}
                  - {type: max-score-picker}
                schedulingProfiles:
                  - {name: prefill, plugins: [{pluginRef: prefill-filter}, {pluginRef: queue-scorer}]}
                  - {name: decode, plugins: [{pluginRef: decode-filter}]}
                """);
        Path rows = Files.writeString(dir.resolve("endpoints.yaml"), """
                endpoints:
                  - {name: p, address: 127.0.0.1, port: "%d", labels: {llm-d.ai/role: prefill}}
                  - {name: d, address: 127.0.0.1, port: "%d", labels: {llm-d.ai/role: decode}}
                """.formatted(p.port(), d.port()));
        Overrides overrides = new Overrides(
                OptionalInt.of(0), OptionalInt.of(0), OptionalInt.empty(), Optional.of(rows), Optional.empty());
        gateway = GatewayFixture.load(epp, overrides, 2);

        HttpResponse<String> answer = gateway.post(CHAT, chat(true), PREFILLER, "10.0.0.9:1");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).endsWith(DONE);
        assertThat(d.requests().getFirst().header(PREFILLER)).isEqualTo(address(p));
        assertThat(p.requests()).isEmpty();
        gateway.awaitIdle();
        assertThat(metric(gateway, SPLIT)).isEqualTo(1);
        for (String prefix : List.of("llm_d_epp_disagg", "llm_d_epp_pd", "llm_d_inference_scheduler_disagg")) {
            assertThat(gateway.admin("/metrics").body())
                    .contains(prefix + "_decision_total{decision_type=\"prefill-decode\",model_name=\"base\","
                            + "plugin_name=\"disagg-profile-handler\",plugin_type=\"disagg-profile-handler\"} 1");
        }
    }

    @Test
    void aPickerConfigurationWithASourceProducerNamesWhoHasThePrefixToTheSidecar() throws Exception {
        gateway.close();
        p.does(decodes());
        Path epp = Files.writeString(dir.resolve("p2p.yaml"), """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins:
                  - {type: p2p-source-producer, parameters: {minCachedTokenDelta: 16}}
                  - {type: header-label-affinity-scorer, parameters: {headerName: x-engine, labelKey: engine}}
                  - {type: max-score-picker}
                schedulingProfiles:
                  - {name: default, plugins: [{pluginRef: header-label-affinity-scorer}, {pluginRef: max-score-picker}]}
                """);
        Path rows = Files.writeString(dir.resolve("endpoints.yaml"), """
                endpoints:
                  - {name: p, address: 127.0.0.1, port: "%d", labels: {engine: a}}
                  - {name: d, address: 127.0.0.1, port: "%d", labels: {engine: b}}
                """.formatted(p.port(), d.port()));
        Overrides overrides = new Overrides(
                OptionalInt.of(0), OptionalInt.of(0), OptionalInt.empty(), Optional.of(rows), Optional.empty());
        gateway = GatewayFixture.load(epp, overrides, 2);
        String ask = chat(true).replace("hello", "a beginning that both engines need ".repeat(40));

        assertThat(gateway.post(CHAT, ask, "x-engine", "a").statusCode()).isEqualTo(200);
        HttpResponse<String> answer = gateway.post(CHAT, ask, "x-engine", "b", SOURCE, "10.0.0.9:1");
        assertThat(answer.body()).endsWith(DONE);
        assertThat(p.requests().getFirst().header(SOURCE)).isEmpty();
        assertThat(d.requests().getFirst().header(SOURCE)).isEqualTo(address(p));
        assertThat(d.requests().getFirst().header(PREFILLER)).isEmpty();
        assertThat(gateway.post(CHAT, ask, "x-engine", "b").statusCode()).isEqualTo(200);
        assertThat(d.requests().getLast().header(SOURCE)).as("it has it now").isEmpty();
        gateway.awaitIdle();
    }

    @Test
    void aProxyIsToldTheDestinationAndWhoComputesThePrompt() throws Exception {
        try (EnvoyStandIn envoy = envoy()) {
            EnvoyStandIn.Request request = envoy.begin(CHAT, PREFILLER, "10.0.0.9:1");
            request.body(chat(true), true);
            ProcessingResponse head = request.next();
            var mutation = head.getRequestHeaders().getResponse().getHeaderMutation();
            Map<String, String> headers = set(mutation);
            assertThat(headers).containsEntry(PREFILLER, address(p));
            assertThat(mutation.getRemoveHeadersList()).doesNotContain(PREFILLER);
            assertThat(destination(head)).isEqualTo(address(d));
            request.pieces();
            assertThat(gateway.inFlight()).as("one claim on each endpoint").isEqualTo(2);

            request.answerHead(200, "text/event-stream", false).next();
            request.answerBody(delta("hel"), false).next();
            gateway.awaitInFlight(1);
            request.answerBody(delta("lo") + finish("stop") + usage(100, 0, 2) + DONE, true);
            request.answerPieces();
            gateway.awaitIdle();
            assertThat(metric(gateway, SPLIT)).isEqualTo(1);
        }
    }

    @Test
    void aProxyThatLeavesGivesBothClaimsBack() throws Exception {
        try (EnvoyStandIn envoy = envoy()) {
            EnvoyStandIn.Request request = envoy.begin(CHAT);
            request.body(chat(false), true);
            request.next();
            assertThat(gateway.inFlight()).isEqualTo(2);
            request.cancel();
            gateway.awaitIdle();
        }
    }

    @Test
    void aConnectorThatMakesBothLegsIsNotUsedBehindAProxy() throws Exception {
        gateway.close();
        gateway = GatewayFixture.split(
                dir, List.of(p), List.of(d), Halves.NIXL + "\n    routing: always", ALWAYS, SERVER);
        try (EnvoyStandIn envoy = envoy()) {
            EnvoyStandIn.Request request = envoy.begin(CHAT);
            request.body(chat(false), true);
            ProcessingResponse head = request.next();
            assertThat(set(head.getRequestHeaders().getResponse().getHeaderMutation()))
                    .doesNotContainKey(PREFILLER);
            assertThat(destination(head)).isEqualTo(address(d));
            assertThat(gateway.inFlight()).isEqualTo(1);
            request.cancel();
            gateway.awaitIdle();
        }
    }
}
