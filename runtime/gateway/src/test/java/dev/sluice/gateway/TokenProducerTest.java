package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TokenProducerTest {
    private static final String ROUTING = """
            routing:
              exact:
                plugins:
                  - {type: token-producer, parameters: %s}
                  - {type: context-length-aware}
                  - {type: queue-scorer}
            """;
    private static final String BODY = "{\"model\":\"alias\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

    @TempDir
    Path directory;

    private static ScriptedEngine.Script rendering(String ids) {
        return (request, out) -> request.head().startsWith("POST /v1/chat/completions/render ")
                ? ScriptedEngine.whole(out, 200, "{\"token_ids\":[" + ids + "]}")
                : ScriptedEngine.whole(out, 200, "{\"choices\":[],\"usage\":null}");
    }

    private String promptTokens(GatewayFixture fixture) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + fixture.gateway.adminPort() + "/route"))
                .POST(HttpRequest.BodyPublishers.ofString(BODY))
                .build();
        String answer =
                fixture.http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        return answer.replaceAll("(?s).*\"promptTokens\"\\s*:\\s*([0-9]+).*", "$1");
    }

    @Test
    void theEnginesOwnRouteSaysHowLongAPromptIs() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base").does(rendering("1,2,3,4,5,6,7,8,9,10,11"));
                GatewayFixture fixture = GatewayFixture.before(
                        directory, List.of(engine), "routing: exact", ROUTING.formatted("{vllm: {timeout: 20s}}"))) {
            assertThat(promptTokens(fixture)).isEqualTo("11");
            assertThat(fixture.post(GatewayFixture.CHAT, BODY).statusCode()).isEqualTo(200);
            assertThat(engine.requests()).hasSize(2);
            assertThat(engine.requests().getFirst().body())
                    .as("what the engine would be sent: its own name of the model")
                    .contains("\"model\":\"base\"");
            assertThat(fixture.admin("/metrics").body())
                    .contains("sluice_token_questions_total{outcome=\"cached\"} 1.0")
                    .contains("sluice_token_questions_total{outcome=\"exact\"} 1.0");
        }
    }

    @Test
    void anotherServerIsAskedWhereOneIsNamed() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                ScriptedEngine render = new ScriptedEngine("base").does(rendering("1,2,3"));
                GatewayFixture fixture = GatewayFixture.before(
                        directory,
                        List.of(engine),
                        "routing: exact",
                        ROUTING.formatted("{modelName: base, vllm: {timeout: 20s, url: \"http://127.0.0.1:"
                                + render.port() + "\"}}"))) {
            assertThat(fixture.post(GatewayFixture.CHAT, BODY).statusCode()).isEqualTo(200);
            assertThat(render.requests()).hasSize(1);
            assertThat(engine.requests()).hasSize(1);
        }
    }

    @Test
    void aServerThatIsAwayCostsTheExactNumberAndNothingElse() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                ScriptedEngine render = new ScriptedEngine("base");
                GatewayFixture fixture = GatewayFixture.before(
                        directory,
                        List.of(engine),
                        "routing: exact",
                        ROUTING.formatted("{vllm: {url: \"http://127.0.0.1:" + render.port() + "\"}}"))) {
            render.die();
            for (int i = 0; i < 3; i++) {
                assertThat(fixture.post(GatewayFixture.CHAT, BODY).statusCode()).isEqualTo(200);
            }
            assertThat(fixture.admin("/metrics").body())
                    .contains("sluice_token_questions_total{outcome=\"failed\"} 1.0");
            assertThat(engine.requests()).hasSize(3);
        }
    }

    @Test
    void withoutAServerTokensAreEstimatedAndNobodyIsAsked() throws Exception {
        try (ScriptedEngine engine = new ScriptedEngine("base");
                GatewayFixture fixture =
                        GatewayFixture.before(directory, List.of(engine), "routing: exact", ROUTING.formatted("{}"))) {
            assertThat(fixture.post(GatewayFixture.CHAT, BODY).statusCode()).isEqualTo(200);
            assertThat(engine.requests()).hasSize(1);
            assertThat(fixture.admin("/metrics").body()).doesNotContain("sluice_token_questions_total{");
        }
    }
}
