package dev.sluice.gateway.stream;

import static dev.sluice.gateway.stream.Dialect.ANTHROPIC;
import static dev.sluice.gateway.stream.Dialect.GENERATE;
import static dev.sluice.gateway.stream.Dialect.OPENAI_CHAT;
import static dev.sluice.gateway.stream.Dialect.OPENAI_COMPLETIONS;
import static dev.sluice.gateway.stream.Dialect.OTHER;
import static dev.sluice.gateway.stream.Dialect.RESPONSES;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerInspectorTest {
    private static Answer inspect(Dialect dialect, String json) {
        return AnswerInspector.inspect(dialect, ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)));
    }

    private static Answer captured(Dialect dialect, String name) {
        return AnswerInspector.inspect(dialect, ByteBuffer.wrap(Watched.resource(name + ".json")));
    }

    @ParameterizedTest
    @CsvSource({
        "OPENAI_CHAT, chat, 29, 0, 8",
        "OPENAI_CHAT, chat_batch, 58, -1, 4",
        "OPENAI_CHAT, cached_second, 160, 128, 1",
        "OPENAI_CHAT, chat_prompt_logprobs, 29, 0, 1",
        "OPENAI_COMPLETIONS, completion, 4, 0, 8",
        "OPENAI_COMPLETIONS, completion_two_prompts, 7, 0, 4",
        "ANTHROPIC, messages, 21, 0, 6",
        "ANTHROPIC, messages_prefill, 340, 0, 1",
        "RESPONSES, responses, 13, 0, 6",
        "RESPONSES, responses_prefill, 340, 320, 1",
        "GENERATE, generate, 40, 0, 4",
        "OTHER, tokenize, -1, -1, -1",
    })
    void readsTheUsageOfACapture(Dialect dialect, String name, int prompt, int cached, int completion) {
        Answer answer = captured(dialect, name);
        assertThat(answer.json()).isTrue();
        assertThat(answer.aborted()).isFalse();
        assertThat(answer.error()).isFalse();
        assertThat(answer.usage()).isEqualTo(new Usage(prompt, cached, completion));
    }

    @Test
    void knowsTheIdThatALaterRequestMayName() {
        assertThat(captured(RESPONSES, "responses").id()).isEqualTo("resp_8a77bbc1c0cc3365");
        assertThat(captured(GENERATE, "generate").id()).isEqualTo("generate-tokens-b0c3701ce334027f");
    }

    @Test
    void anAbortIsACutHoweverCompleteTheAnswerLooks() {
        assertThat(captured(OPENAI_CHAT, "sigterm_chat").aborted()).isTrue();
        assertThat(inspect(
                                OPENAI_CHAT,
                                "{\"choices\":[{\"finish_reason\":\"stop\"},{\"index\":1,\"finish_reason\":\"abort\"}]}")
                        .aborted())
                .isTrue();
        assertThat(inspect(RESPONSES, "{\"id\":\"resp_1\",\"status\":\"cancelled\"}")
                        .aborted())
                .isTrue();
        assertThat(inspect(ANTHROPIC, "{\"type\":\"message\",\"content\":[],\"stop_reason\":null}")
                        .aborted())
                .isTrue();
        assertThat(inspect(ANTHROPIC, "{\"type\":\"message\",\"content\":[]}").aborted())
                .isTrue();
        assertThat(captured(ANTHROPIC, "messages_count").aborted()).isFalse();
    }

    @Test
    void anErrorIsOneInBothShapes() {
        assertThat(captured(OPENAI_CHAT, "engine_core_killed").error()).isTrue();
        assertThat(captured(ANTHROPIC, "messages_unknown_model").error()).isTrue();
        assertThat(captured(ANTHROPIC, "messages_unknown_model").aborted()).isFalse();
        assertThat(captured(ANTHROPIC, "messages_bad").error()).isTrue();
        assertThat(captured(RESPONSES, "responses").error()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{\"a\":}",
                "<html>",
                "{} {}",
                "[1,2",
                "{\"choices\":[{\"finish_reason\":\"stop\"}]"
            })
    void whatIsNoJsonIsSaidToBeNone(String text) {
        assertThat(inspect(OPENAI_CHAT, text)).isEqualTo(new Answer(false, false, false, "", Usage.UNKNOWN));
    }

    @Test
    void anyJsonValueIsJson() {
        assertThat(inspect(OTHER, "[{\"usage\":1},2]").json()).isTrue();
        assertThat(inspect(OTHER, " \"x\"\n").json()).isTrue();
        assertThat(inspect(OTHER, "{}").json()).isTrue();
    }

    @Test
    void readsAMebibyteAndDirectBuffersAndLeavesThemAsTheyAre() {
        String text = "{\"choices\":[{\"message\":{\"content\":\"" + "ä\\n".repeat(1 << 18)
                + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7}}";
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length + 6)
                .put(3, bytes)
                .position(3)
                .limit(3 + bytes.length);
        Answer answer = AnswerInspector.inspect(OPENAI_CHAT, direct);
        assertThat(answer.usage().prompt()).isEqualTo(7);
        assertThat(direct.position()).isEqualTo(3);
        assertThat(direct.limit()).isEqualTo(3 + bytes.length);
    }

    @Test
    void neverThrowsWhateverComes() {
        Random random = new Random(3);
        byte[] original = Watched.resource("sigterm_chat.json");
        int broken = 0;
        for (int i = 0; i < 3_000; i++) {
            byte[] bytes = original.clone();
            for (int k = random.nextInt(3); k >= 0; k--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Answer answer = AnswerInspector.inspect(
                    Dialect.values()[i % Dialect.values().length], ByteBuffer.wrap(bytes, 0, bytes.length - i % 3));
            broken += answer.json() ? 0 : 1;
        }
        assertThat(broken).isBetween(1_500, 2_990);
        assertThat(inspect(OPENAI_COMPLETIONS, "[".repeat(100_000)).json()).isFalse();
    }
}
