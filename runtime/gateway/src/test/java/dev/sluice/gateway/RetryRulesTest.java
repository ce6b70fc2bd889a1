package dev.sluice.gateway;

import static dev.sluice.gateway.GatewayFixture.CHAT;
import static dev.sluice.gateway.GatewayFixture.chat;
import static dev.sluice.gateway.ScriptedEngine.DONE;
import static dev.sluice.gateway.ScriptedEngine.begin;
import static dev.sluice.gateway.ScriptedEngine.chunk;
import static dev.sluice.gateway.ScriptedEngine.delta;
import static dev.sluice.gateway.ScriptedEngine.end;
import static dev.sluice.gateway.ScriptedEngine.finish;
import static dev.sluice.gateway.ScriptedEngine.whole;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is tried again, where, and how often: reliability F02 to F08 as interfaces 3 has them. */
@Timeout(60)
class RetryRulesTest {
    private static final String RESPONSES = "/v1/responses";
    private static final String ASK = "{\"model\":\"base\",\"input\":\"hi\",\"stream\":true}";

    @TempDir
    Path dir;

    private static ScriptedEngine.Script error(String event) {
        return (q, out) -> {
            begin(out);
            chunk(out, ": hello\n\n" + event);
            chunk(out, DONE);
            return end(out);
        };
    }

    private static String coded(int code) {
        return "data: {\"error\":{\"object\":\"error\",\"message\":\"too long at 10.1.2.3:8000\",\"type\":\"BadRequestError\","
                + "\"param\":null,\"code\":" + code + "}}\n\n";
    }

    private static String event(String name, String more) {
        return "event: " + name + "\ndata: {\"type\":\"" + name + "\"" + more + "}\n\n";
    }

    private static final String CREATED =
            event("response.created", ",\"sequence_number\":0,\"response\":{\"id\":\"resp_1\"}")
                    + event("response.in_progress", ",\"sequence_number\":1,\"response\":{\"id\":\"resp_1\"}");

    private static boolean completed(java.io.OutputStream out) throws IOException {
        begin(out);
        chunk(out, CREATED.replace("resp_1", "resp_2"));
        chunk(out, event("response.output_text.delta", ",\"sequence_number\":2,\"delta\":\"hi\""));
        chunk(
                out,
                event(
                        "response.completed",
                        ",\"sequence_number\":3,\"response\":{\"id\":\"resp_2\",\"status\":\"completed\"}"));
        return end(out);
    }

    private static int asked(ScriptedEngine... engines) {
        int all = 0;
        for (ScriptedEngine engine : engines) {
            all += engine.requests().size();
        }
        return all;
    }

    @Test
    void whatBreaksTwoEnginesIsNotShownToAThird() throws Exception {
        ScriptedEngine.Script broken = (q, out) -> whole(out, 500, "{\"error\":{\"message\":\"boom\"}}");
        try (ScriptedEngine a = new ScriptedEngine("base").does(broken);
                ScriptedEngine b = new ScriptedEngine("base").does(broken);
                ScriptedEngine c = new ScriptedEngine("base").does(broken);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(a, b, c))) {
            for (boolean stream : new boolean[] {false, true}) {
                int before = asked(a, b, c);
                HttpResponse<String> answer = gateway.post(CHAT, chat(stream));
                assertThat(answer.statusCode()).isEqualTo(502);
                assertThat(answer.body()).contains("upstream_error").doesNotContain("boom");
                assertThat(asked(a, b, c) - before).as("attempts").isEqualTo(2);
            }
            assertThat(List.of(
                            a.requests().size(),
                            b.requests().size(),
                            c.requests().size()))
                    .as("never the same engine twice for one request")
                    .allMatch(n -> n <= 2);
            gateway.awaitIdle();
        }
    }

    @Test
    void anErrorOfTheRequestInAStreamsPlaceIsAnsweredAsThatErrorAndNotTriedAgain() throws Exception {
        for (int code : new int[] {400, 404, 413, 422}) {
            try (ScriptedEngine a = new ScriptedEngine("base").does(error(coded(code)));
                    ScriptedEngine b = new ScriptedEngine("base").does(error(coded(code)));
                    GatewayFixture gateway = GatewayFixture.before(dir, List.of(a, b))) {
                HttpResponse<String> answer = gateway.post(CHAT, chat(true));
                assertThat(answer.statusCode()).isEqualTo(code);
                assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
                assertThat(answer.headers().firstValue("x-sluice-error-source")).hasValue("engine");
                assertThat(answer.body())
                        .contains("\"code\":" + code)
                        .contains("too long at [address]")
                        .doesNotContain("data:")
                        .doesNotContain("10.1.2.3");
                assertThat(asked(a, b)).isEqualTo(1);
                gateway.awaitIdle();
            }
        }
    }

    @Test
    void anErrorOfTheEngineInAStreamsPlaceIsTriedElsewhereLikeItsStatus() throws Exception {
        ScriptedEngine.Script good = (q, out) -> {
            begin(out);
            chunk(out, delta("hi") + finish("stop") + DONE);
            return end(out);
        };
        for (int code : new int[] {500, 503, 429}) {
            ScriptedEngine.Script bad = error(coded(code));
            try (ScriptedEngine a = new ScriptedEngine("base").does(bad);
                    ScriptedEngine b = new ScriptedEngine("base").does(bad);
                    GatewayFixture gateway = GatewayFixture.before(dir, List.of(a, b))) {
                HttpResponse<String> refused = gateway.post(CHAT, chat(true));
                assertThat(refused.statusCode()).isEqualTo(code == 500 ? 502 : code);
                assertThat(asked(a, b)).isEqualTo(2);
                b.does(good);
                a.does(good);
                assertThat(gateway.post(CHAT, chat(true)).body()).endsWith(DONE);
                gateway.awaitIdle();
            }
        }
    }

    @Test
    void anEnginesErrorWithinAStreamGoesOnWithoutItsAddress() throws Exception {
        String error = "data: {\"error\":{\"message\":\"lost http://10.1.2.3:8000/x and vllm-0.models.svc:8000\","
                + "\"type\":\"InternalServerError\",\"code\":500}}\n\n";
        try (ScriptedEngine engine = new ScriptedEngine("base").does((q, out) -> {
                    begin(out);
                    chunk(out, delta("hi"));
                    chunk(out, error.substring(0, 40));
                    chunk(out, error.substring(40) + DONE);
                    return end(out);
                });
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(engine));
                java.net.Socket client = gateway.raw(GatewayFixture.chatBytes(chat(true)))) {
            String seen = GatewayFixture.readAll(client.getInputStream());
            assertThat(seen)
                    .contains(delta("hi"))
                    .contains(
                            "\"message\":\"lost [address] and [address]\",\"type\":\"InternalServerError\",\"code\":500")
                    .doesNotContain("10.1.2.3")
                    .doesNotContain("svc")
                    .doesNotContain("[DONE]");
        }
    }

    @Test
    void aDeathRightAfterResponseCreatedIsInvisible() throws Exception {
        AtomicBoolean first = new AtomicBoolean(true);
        ScriptedEngine.Script either = (q, out) -> {
            if (first.getAndSet(false)) {
                begin(out);
                chunk(out, CREATED);
                return false;
            }
            return completed(out);
        };
        try (ScriptedEngine a = new ScriptedEngine("base").does(either);
                ScriptedEngine b = new ScriptedEngine("base").does(either);
                GatewayFixture gateway = GatewayFixture.before(dir, List.of(a, b))) {
            HttpResponse<String> answer = gateway.post(RESPONSES, ASK);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body())
                    .contains("resp_2")
                    .doesNotContain("resp_1")
                    .contains("response.created")
                    .contains("response.completed");
            assertThat(asked(a)).as("one died, the other answered").isEqualTo(1);
            assertThat(asked(b)).isEqualTo(1);
            gateway.awaitIdle();
        }
    }
}
