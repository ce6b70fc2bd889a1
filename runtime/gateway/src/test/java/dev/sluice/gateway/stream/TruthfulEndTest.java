package dev.sluice.gateway.stream;

import static dev.sluice.gateway.stream.Dialect.ANTHROPIC;
import static dev.sluice.gateway.stream.Dialect.GENERATE;
import static dev.sluice.gateway.stream.Dialect.OPENAI_CHAT;
import static dev.sluice.gateway.stream.Dialect.OPENAI_COMPLETIONS;
import static dev.sluice.gateway.stream.Dialect.RESPONSES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.gateway.http.ChunkWatcher.Passage;
import dev.sluice.gateway.stream.Watched.Run;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TruthfulEndTest {
    private static final String DONE = "data: [DONE]\n\n";

    private static String choice(int index, String finish) {
        String reason = finish.isEmpty() ? "null" : "\"" + finish + "\"";
        return "data: {\"id\":\"c\",\"choices\":[{\"index\":" + index
                + ",\"delta\":{\"content\":\"a\"},\"finish_reason\":" + reason + "}]}\n\n";
    }

    private static String named(String name, String json) {
        return "event: " + name + "\ndata: " + json + "\n\n";
    }

    @ParameterizedTest
    @ValueSource(strings = {"stop", "length", "tool_calls", "repetition", "content_filter"})
    void anyOtherFinishReasonIsAnEnd(String reason) {
        String text = choice(0, "") + choice(0, reason) + DONE;
        assertThat(Watched.whole(OPENAI_CHAT, text).verdict()).isEqualTo(Verdict.COMPLETE);
        assertThat(Watched.whole(OPENAI_CHAT, text).out()).isEqualTo(text);
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI_CHAT", "OPENAI_COMPLETIONS", "GENERATE"})
    void anAbortedChoiceCutsTheStreamThereAndThen(Dialect dialect) {
        String before = choice(0, "") + choice(1, "") + choice(0, "stop");
        Watched watched = Watched.whole(dialect, before + choice(1, "abort") + choice(1, "stop") + DONE);
        assertThat(watched.verdict()).isEqualTo(Verdict.CUT_ABORT);
        assertThat(watched.out()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"finish_reason\":\"\\u0061bort\"",
                "\"finish_\\u0072eason\":\"abort\"",
                "\"finish_reason\" : \t\"abort\"",
                "\"finish_reason\":\"abort\",\"finish_reason\":\"stop\"",
                "\"finish_reason\":\"stop\",\"finish_reason\":\"abort\"",
                "\"finish_reason\":\"error\"",
            })
    void anAbortIsFoundHoweverItIsWritten(String field) {
        String text = choice(0, "") + "data: {\"choices\":[{\"index\":0," + field + "}]}\n\n" + DONE;
        assertThat(Watched.whole(OPENAI_CHAT, text).verdict()).isEqualTo(Verdict.CUT_ABORT);
    }

    @Test
    void textThatOnlyTalksOfAnAbortIsText() {
        String text = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\\"finish_reason\\\":\\\"abort\\\""
                + " [DONE]\",\"x\":{\"finish_reason\":\"abort\",\"error\":{}}},\"stop_reason\":\"abort\",\"finish_reason\":\"stop\"}]}\n\n"
                + DONE;
        assertThat(Watched.whole(OPENAI_CHAT, text).verdict()).isEqualTo(Verdict.COMPLETE);
        assertThat(Watched.whole(OPENAI_CHAT, text).out()).isEqualTo(text);
    }

    private static Verdict limited(int most, String text) {
        Run run = new Run(OPENAI_CHAT, false);
        run.watcher.most(most);
        return run.feed(text).end().verdict();
    }

    @Test
    void anAnswerWithoutReasonsIsCompleteWhenItHasTheTokensAskedForAndNotBefore() {
        String usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\n";
        String one = choice(0, "") + choice(0, "") + usage + DONE;
        assertThat(limited(2, one)).isEqualTo(Verdict.COMPLETE);
        assertThat(limited(3, one)).isEqualTo(Verdict.CUT);
        assertThat(limited(0, one)).isEqualTo(Verdict.CUT);
        assertThat(limited(2, choice(0, "") + choice(0, "") + DONE)).isEqualTo(Verdict.CUT);
        assertThat(limited(2, choice(0, "") + choice(1, "") + usage + DONE)).isEqualTo(Verdict.CUT);
        assertThat(limited(2, choice(0, "") + choice(0, "abort") + usage + DONE))
                .isEqualTo(Verdict.CUT_ABORT);
    }

    @Test
    void allChoicesMustHaveFinished() {
        String both = choice(0, "") + choice(1, "") + choice(1, "stop");
        Watched cut = Watched.whole(OPENAI_COMPLETIONS, both + DONE);
        assertThat(cut.verdict()).isEqualTo(Verdict.CUT);
        assertThat(cut.out()).isEqualTo(both);
        assertThat(Watched.whole(OPENAI_COMPLETIONS, both + choice(0, "length") + DONE)
                        .verdict())
                .isEqualTo(Verdict.COMPLETE);
    }

    @Test
    void anEndWithoutAnythingBeforeItIsNone() {
        assertThat(Watched.whole(OPENAI_CHAT, DONE).verdict()).isEqualTo(Verdict.CUT);
        assertThat(Watched.whole(OPENAI_CHAT, DONE).out()).isEmpty();
        assertThat(Watched.whole(OPENAI_CHAT, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n" + DONE)
                        .verdict())
                .isEqualTo(Verdict.CUT);
    }

    @Test
    void aFinishReasonAloneIsNoEnd() {
        assertThat(Watched.whole(OPENAI_CHAT, choice(0, "stop")).verdict()).isEqualTo(Verdict.CUT);
    }

    @Test
    void aChoiceNobodyAskedForIsNeverFinished() {
        assertThat(Watched.whole(OPENAI_CHAT, choice(0, "stop") + choice(1 << 20, "stop") + DONE)
                        .verdict())
                .isEqualTo(Verdict.CUT);
        assertThat(Watched.whole(OPENAI_CHAT, choice(-1, "stop") + choice(0, "stop") + DONE)
                        .verdict())
                .isEqualTo(Verdict.CUT);
    }

    @Test
    void nothingPassesAfterTheEnd() {
        String whole = choice(0, "stop") + DONE;
        Watched watched = Watched.whole(OPENAI_CHAT, whole + choice(0, "") + DONE + ": more\n\n\n");
        assertThat(watched.out()).isEqualTo(whole);
        assertThat(watched.verdict()).isEqualTo(Verdict.COMPLETE);
        assertThat(watched.tokens()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"error\":{\"message\":\"m\",\"code\":503}}",
                "{\"object\":\"error\",\"message\":\"m\",\"code\":503}",
                "{\"code\":503,\"message\":\"m\",\"object\":\"error\"}",
            })
    void anEnginesErrorPassesOnceAndItsEndDoesNot(String error) {
        String before = choice(0, "");
        String event = "data: " + error + "\n\n";
        Watched watched = Watched.whole(OPENAI_CHAT, before + event + event + DONE);
        assertThat(watched.verdict()).isEqualTo(Verdict.ENGINE_ERROR);
        assertThat(watched.errorCode()).isEqualTo(503);
        assertThat(watched.out()).isEqualTo(before + event);
        assertThat(watched.verdict().needsCutEvent()).isFalse();
    }

    @Test
    void aNullErrorIsNone() {
        assertThat(Watched.whole(
                                OPENAI_CHAT,
                                "data: {\"error\":null,\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n" + DONE)
                        .verdict())
                .isEqualTo(Verdict.COMPLETE);
        assertThat(Watched.whole(OPENAI_CHAT, "data: {\"error\":\"text\"}\n\n" + DONE)
                        .verdict())
                .isEqualTo(Verdict.ENGINE_ERROR);
    }

    @Test
    void aMessageWithoutAStopReasonWasGivenUp() {
        String start = named(
                "message_start",
                "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"stop_reason\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":0}}}");
        String delta =
                named("message_delta", "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":null},\"usage\":{}}");
        String stop = named("message_stop", "{\"type\":\"message_stop\"}");
        Watched cut = Watched.whole(ANTHROPIC, start + delta + stop);
        assertThat(cut.verdict()).isEqualTo(Verdict.CUT_ABORT);
        assertThat(cut.out()).isEqualTo(start + delta);
        Watched whole = Watched.whole(ANTHROPIC, start + delta.replace("null", "\"end_turn\"") + stop);
        assertThat(whole.verdict()).isEqualTo(Verdict.COMPLETE);
        assertThat(whole.usage()).isEqualTo(new Usage(3, -1, 0));
    }

    @Test
    void anthropicErrorsPassOnce() {
        String error = named("error", "{\"type\":\"error\",\"error\":{\"type\":\"internal_error\",\"message\":\"m\"}}");
        Watched watched = Watched.whole(ANTHROPIC, error + named("message_stop", "{\"type\":\"message_stop\"}"));
        assertThat(watched.verdict()).isEqualTo(Verdict.ENGINE_ERROR);
        assertThat(watched.out()).isEqualTo(error);
        assertThat(watched.firstData()).isFalse();
    }

    @Test
    void openAisEndMeansNothingElsewhereAndIsLeftOut() {
        String delta = named("response.output_text.delta", "{\"type\":\"response.output_text.delta\",\"delta\":\"a\"}");
        Watched watched = Watched.whole(RESPONSES, delta + DONE);
        assertThat(watched.verdict()).isEqualTo(Verdict.CUT);
        assertThat(watched.out()).isEqualTo(delta);
        assertThat(Watched.whole(ANTHROPIC, DONE).out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"response.completed", "response.incomplete"})
    void aResponseEndsWithItsOwnEvent(String name) {
        String end = named(
                name,
                "{\"response\":{\"id\":\"resp_1\",\"status\":\"incomplete\",\"error\":null,\"usage\":{\"input_tokens\":9,"
                        + "\"input_tokens_details\":{\"cached_tokens\":4},\"output_tokens\":2}},\"sequence_number\":5,\"type\":\""
                        + name + "\"}");
        Watched watched = Watched.whole(RESPONSES, end + DONE);
        assertThat(watched.verdict()).isEqualTo(Verdict.COMPLETE);
        assertThat(watched.out()).isEqualTo(end);
        assertThat(watched.usage()).isEqualTo(new Usage(9, 4, 2));
        assertThat(watched.id()).isEqualTo("resp_1");
        assertThat(watched.firstData()).isTrue();
    }

    @Test
    void aCancelledResponseIsCutAndAFailedOneIsTheEnginesError() {
        String cancelled = named(
                "response.completed", "{\"response\":{\"status\":\"cancelled\"},\"type\":\"response.completed\"}");
        assertThat(Watched.whole(RESPONSES, cancelled).verdict()).isEqualTo(Verdict.CUT_ABORT);
        assertThat(Watched.whole(RESPONSES, cancelled).out()).isEmpty();
        String failed = named("response.failed", "{\"response\":{\"status\":\"failed\"},\"type\":\"response.failed\"}");
        assertThat(Watched.whole(RESPONSES, failed).verdict()).isEqualTo(Verdict.ENGINE_ERROR);
        assertThat(Watched.whole(RESPONSES, failed).out()).isEqualTo(failed);
    }

    @Test
    void theTypeWithinTheDataSufficesAndSoDoesTheName() {
        String delta = "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n";
        assertThat(Watched.whole(ANTHROPIC, delta + "data: {\"type\":\"message\\u005fstop\"}\n\n")
                        .verdict())
                .isEqualTo(Verdict.COMPLETE);
        assertThat(Watched.whole(ANTHROPIC, delta + "event: message_stop\ndata: {}\n\n")
                        .verdict())
                .isEqualTo(Verdict.COMPLETE);
    }

    @Test
    void anEndThatIsOneForSomeClientsOnlyIsGarbage() {
        String delta = "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n";
        assertThat(Watched.whole(ANTHROPIC, delta + named("ping", "{\"type\":\"message_stop\"}"))
                        .verdict())
                .isEqualTo(Verdict.GARBAGE);
        assertThat(Watched.whole(ANTHROPIC, delta + named("message_stop", "{\"type\":\"ping\"}"))
                        .verdict())
                .isEqualTo(Verdict.GARBAGE);
    }

    @Test
    void tokensAreCountedWhereTheEngineDoesNot() {
        assertThat(Watched.whole(OPENAI_CHAT, choice(0, "") + choice(0, "")).tokens())
                .isEqualTo(2);
        assertThat(Watched.whole(
                                GENERATE,
                                "data: {\"choices\":[{\"token_ids\":[1,2,3]},{\"index\":1,\"token_ids\":[4]}]}\n\n")
                        .tokens())
                .isEqualTo(4);
        assertThat(Watched.whole(
                                OPENAI_CHAT,
                                "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n")
                        .tokens())
                .isZero();
        assertThat(Watched.whole(
                                OPENAI_CHAT,
                                "data:"
                                        + " {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{}}]}}],\"usage\":{\"completion_tokens\":7}}\n\n")
                        .tokens())
                .isEqualTo(7);
    }

    @Test
    void usageThatCannotBeIsUnknown() {
        Watched watched = Watched.whole(
                OPENAI_CHAT,
                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":-5,\"completion_tokens\":1e3,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":99999999999}}}\n\n");
        assertThat(watched.usage()).isEqualTo(Usage.UNKNOWN);
        Watched more = Watched.whole(
                OPENAI_CHAT,
                "data:"
                        + " {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":9}}}\n\n");
        assertThat(more.usage()).isEqualTo(new Usage(5, 5, -1));
        Watched none = Watched.whole(
                OPENAI_CHAT,
                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"prompt_tokens_details\":null}}\n\n");
        assertThat(none.usage()).isEqualTo(new Usage(5, -1, -1));
    }

    @Test
    void usageBesideChoicesIsLeftAloneAndWithoutUsageNothingIsDropped() {
        String beside = "data: {\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1}}\n\n";
        String empty = "data: {\"choices\":[],\"usage\":null}\n\n";
        Run run = new Run(OPENAI_CHAT, true).feed(empty + beside + DONE);
        assertThat(run.end().out()).isEqualTo(empty + beside + DONE);
    }

    @Test
    void anEngineThatGoesOnAndOnIsStopped() {
        Run run = new Run(OPENAI_CHAT, false).feed(choice(0, "stop") + DONE);
        ByteBuffer more = ByteBuffer.allocate(40 << 10);
        Passage nobody = new Passage() {
            @Override
            public void pass(int from, int to) {
                throw new AssertionError("passed after the end");
            }

            @Override
            public void insert(ByteBuffer bytes) {
                throw new AssertionError("passed after the end");
            }
        };
        assertThatThrownBy(() -> {
                    run.watcher.onBytes(more, nobody);
                    run.watcher.onBytes(more, nobody);
                })
                .isInstanceOf(GarbledStream.class);
        Run garbage = new Run(OPENAI_CHAT, false).feed("<html>\n\n");
        assertThatThrownBy(() -> garbage.watcher.onBytes(more, nobody)).isInstanceOf(GarbledStream.class);
    }
}
