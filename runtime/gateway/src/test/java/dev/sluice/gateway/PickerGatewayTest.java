package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Overrides;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PickerGatewayTest {
    @TempDir
    Path directory;

    private Path epp(String scorer) throws IOException {
        return Files.writeString(directory.resolve("epp.yaml"), """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins: [{type: %s}, {type: max-score-picker}]
                """.formatted(scorer));
    }

    private Overrides endpoints(ScriptedEngine... engines) throws IOException {
        StringBuilder rows = new StringBuilder("endpoints:\n");
        for (ScriptedEngine engine : engines) {
            rows.append(
                    "  - {name: vllm-%d, address: 127.0.0.1, port: \"%d\"}\n".formatted(engine.port(), engine.port()));
        }
        Path file = Files.writeString(directory.resolve("endpoints.yaml"), rows.toString());
        return new Overrides(
                OptionalInt.of(0), OptionalInt.of(0), OptionalInt.empty(), Optional.of(file), Optional.empty());
    }

    private static String chat(String model) {
        return "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    }

    @Test
    void onePoolServesEveryModelThatItsEnginesListAndNoOther() throws Exception {
        try (ScriptedEngine a = new ScriptedEngine("acme/a");
                ScriptedEngine b = new ScriptedEngine("acme/b");
                GatewayFixture fixture = GatewayFixture.load(epp("queue-scorer"), endpoints(a, b), 2)) {
            for (int i = 0; i < 5; i++) {
                assertThat(fixture.post(GatewayFixture.CHAT, chat("acme/b")).statusCode())
                        .isEqualTo(200);
            }
            assertThat(a.requests()).isEmpty();
            assertThat(b.requests()).hasSize(5).allMatch(r -> r.body().equals(chat("acme/b")));
            assertThat(fixture.post(GatewayFixture.CHAT, chat("acme/a")).statusCode())
                    .isEqualTo(200);
            assertThat(a.requests()).hasSize(1);

            HttpResponse<String> none = fixture.post(GatewayFixture.CHAT, chat("acme/c"));
            assertThat(none.statusCode()).isEqualTo(404);
            assertThat(none.body()).contains("model_not_found");
            assertThat(fixture.get("/v1/models").body()).contains("acme/a", "acme/b");
        }
    }

    @Test
    void aChangedPickerAndChangedEndpointsAreTakenOver() throws Exception {
        try (ScriptedEngine a = new ScriptedEngine("acme/a");
                ScriptedEngine b = new ScriptedEngine("acme/a");
                GatewayFixture fixture = GatewayFixture.load(epp("queue-scorer"), endpoints(a), 1)) {
            assertThat(fixture.admin("/config").body()).contains("queue-scorer", "\"models\" : \"discover\"");
            fixture.gateway.reload(
                    new ConfigLoader()
                            .load(epp("kv-cache-utilization-scorer"), Catalog.onClassPath(), endpoints(b))
                            .config()
                            .orElseThrow(),
                    Catalog.onClassPath());
            fixture.awaitServing(1);

            assertThat(fixture.post(GatewayFixture.CHAT, chat("acme/a")).statusCode())
                    .isEqualTo(200);
            assertThat(b.requests()).hasSize(1);
            assertThat(fixture.admin("/config").body()).contains("kv-cache-utilization-scorer");
        }
    }
}
