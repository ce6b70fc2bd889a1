package dev.sluice.gateway.stream;

import static dev.sluice.gateway.stream.Dialect.ANTHROPIC;
import static dev.sluice.gateway.stream.Dialect.OPENAI_CHAT;
import static dev.sluice.gateway.stream.Dialect.OTHER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.stream.Watched.Run;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventGrammarTest {
    private static final String DELTA =
            "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}";
    private static final String STOP = "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
    private static final String END = "data: " + STOP + "\n\ndata: [DONE]\n\n";

    /** Passed on unchanged and complete, in one piece and wherever it is split. */
    private static void passesWhole(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int split = 0; split <= bytes.length; split++) {
            Watched watched = new Run(OPENAI_CHAT, false)
                    .feed(bytes, 0, split)
                    .feed(bytes, split, bytes.length)
                    .end();
            assertThat(watched.out()).as("split at %d", split).isEqualTo(Watched.text(bytes));
            assertThat(watched.verdict()).isEqualTo(Verdict.COMPLETE);
        }
        Run dribble = new Run(OPENAI_CHAT, false);
        for (int i = 0; i < bytes.length; i++) {
            dribble.feed(bytes, i, i + 1);
        }
        assertThat(dribble.end().out()).isEqualTo(Watched.text(bytes));
    }

    @ParameterizedTest
    @EnumSource
    void lineEndsDoNotMatter(Capture capture) {
        String unix = Watched.text(capture.bytes());
        Watched expected = Watched.whole(capture.dialect, false, capture.bytes());
        for (String end : new String[] {"\r\n", "\r"}) {
            byte[] bytes = unix.replace("\n", end).getBytes(StandardCharsets.ISO_8859_1);
            for (int step : new int[] {bytes.length, 1, 2, 5, 64}) {
                Run run = new Run(capture.dialect, false);
                for (int i = 0; i < bytes.length; i += step) {
                    run.feed(bytes, i, Math.min(bytes.length, i + step));
                }
                Watched watched = run.end();
                assertThat(watched.out()).isEqualTo(expected.out().replace("\n", end));
                assertThat(watched.verdict()).isEqualTo(expected.verdict());
                assertThat(watched.usage()).isEqualTo(expected.usage());
                assertThat(watched.tokens()).isEqualTo(expected.tokens());
            }
        }
    }

    @Test
    void lineEndsMayBeMixedWithinAnEvent() {
        passesWhole(": one\r\rdata: " + DELTA + "\r\n\ndata: " + DELTA + "\n\r\ndata: " + STOP
                + "\r\r\ndata: [DONE]\r\n\r\n");
    }

    @Test
    void commentsAndUnknownFieldsPass() {
        passesWhole(": keep-alive\n\nid: 7\nretry: 10\nx-new_field2: 1\n\n:\ndata: " + DELTA + "\n: within\n\n" + END);
    }

    @Test
    void emptyLinesBetweenEventsPass() {
        passesWhole("\n\n\ndata: " + DELTA + "\n\n\n\r\n\r\r" + END);
    }

    @Test
    void theSpaceAfterTheColonMayBeMissing() {
        passesWhole("data:" + DELTA + "\n\ndata:" + STOP + "\n\ndata:[DONE]\n\n");
    }

    @Test
    void aByteOrderMarkMayComeFirst() {
        passesWhole("\ufeffdata: " + DELTA + "\n\n" + END);
        passesWhole("\ufeff\ndata: " + DELTA + "\n\n" + END);
    }

    @Test
    void dataMayHaveSeveralLines() {
        passesWhole("data: {\"choices\":[{\"index\":0,\n"
                + "data:\"delta\":{\"content\":\"a\"},\n"
                + "data: \"finish_reason\":null}]}\n\n"
                + END);
        Watched abort = Watched.whole(
                OPENAI_CHAT,
                "data: {\"choices\":[{\"index\":0,\ndata: \"finish_reason\"\ndata: :\"abort\"}]}\n\ndata: [DONE]\n\n");
        assertThat(abort.verdict()).isEqualTo(Verdict.CUT_ABORT);
        assertThat(abort.out()).isEmpty();
    }

    @Test
    void aByteOrderMarkLaterIsGarbage() {
        Watched watched = Watched.whole(OPENAI_CHAT, "data: " + DELTA + "\n\n\ufeffdata: " + DELTA + "\n\n");
        assertThat(watched.verdict()).isEqualTo(Verdict.GARBAGE);
        assertThat(watched.out()).isEqualTo("data: " + DELTA + "\n\n");
    }

    @Test
    void charactersOfSeveralBytesMaySplitAnywhere() {
        passesWhole(
                "data: {\"choices\":[{\"delta\":{\"content\":\"ä€\ud83d\ude00\"},\"finish_reason\":null}]}\n\n" + END);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<html><body>Bad gateway</body></html>\n\n",
                "{\"error\":{\"message\":\"x\"}}\n\n",
                "data: not json\n\n",
                "data: {\"choices\":[}\n\n",
                "data: {\"choices\":[]} x\n\n",
                "data: [DONE]!\n\n",
                "data: [DONE] \n\n",
                "data: \n\n",
                "data\n\n",
                "\u0000\u0001\u0002\n\n",
                "da ta: {}\n\n",
            })
    void whatIsNoEventIsGarbageAndNeitherItNorWhatFollowsPasses(String garbage) {
        String before = "data: " + DELTA + "\n\n";
        Run run = new Run(OPENAI_CHAT, false).feed(before + garbage + before + END);
        assertThat(run.now().verdict()).isEqualTo(Verdict.GARBAGE);
        assertThat(run.feed(END).end().out()).isEqualTo(before);
        assertThat(Watched.whole(OPENAI_CHAT, garbage).firstData()).isFalse();
    }

    @Test
    void anEventMayBeAsLongAsTheLimitAndNoLonger() {
        int overhead = "data: {\"choices\":[{\"delta\":{\"content\":\"\"}}]}\n\n".length();
        for (int step : new int[] {1 << 21, 1000, 65536}) {
            assertThat(longEvent(StreamWatcher.MAX_EVENT - overhead, step).verdict())
                    .isEqualTo(Verdict.COMPLETE);
            Watched over = longEvent(StreamWatcher.MAX_EVENT - overhead + 1, step);
            assertThat(over.verdict()).isEqualTo(Verdict.GARBAGE);
            assertThat(over.out()).isEmpty();
        }
    }

    private static Watched longEvent(int content, int step) {
        byte[] bytes = ("data: {\"choices\":[{\"delta\":{\"content\":\"" + "x".repeat(content) + "\"}}]}\n\n" + END)
                .getBytes(StandardCharsets.US_ASCII);
        Run run = new Run(OPENAI_CHAT, false);
        for (int i = 0; i < bytes.length; i += step) {
            run.feed(bytes, i, Math.min(bytes.length, i + step));
        }
        return run.end();
    }

    @Test
    void anEndlessLineIsGarbageLongBeforeItEnds() {
        Run run = new Run(OPENAI_CHAT, false);
        byte[] some = "x".repeat(1 << 16).getBytes(StandardCharsets.US_ASCII);
        run.feed("data: ");
        for (int i = 0; i < 17; i++) {
            run.feed(some, 0, some.length);
        }
        assertThat(run.now().verdict()).isEqualTo(Verdict.GARBAGE);
    }

    @Test
    void theLastEventMayLackItsEmptyLineWhenTheFramingIsWhole() {
        String body = "data: " + DELTA + "\n\ndata: " + STOP + "\n\ndata: [DONE]";
        assertThat(Watched.whole(OPENAI_CHAT, body).verdict()).isEqualTo(Verdict.COMPLETE);
        assertThat(Watched.whole(OPENAI_CHAT, body).out()).isEqualTo(body + "\n\n");
        assertThat(Watched.whole(OPENAI_CHAT, body + "\n").out()).isEqualTo(body + "\n\n");
        assertThat(new Run(OPENAI_CHAT, false).feed(body).broken().verdict()).isEqualTo(Verdict.CUT);
        Watched half = Watched.whole(OPENAI_CHAT, "data: " + DELTA + "\n\ndata: {\"choi");
        assertThat(half.verdict()).isEqualTo(Verdict.CUT);
        assertThat(half.out()).isEqualTo("data: " + DELTA + "\n\n");
        assertThat(Watched.whole(ANTHROPIC, "event: message_stop").verdict()).isEqualTo(Verdict.CUT);
    }

    @Test
    void otherBodiesPassUnseenAndEndWithTheirFraming() {
        Run run = new Run(OTHER, true).feed("data: {\"err");
        assertThat(run.now().firstData()).isTrue();
        assertThat(run.now().verdict()).isEqualTo(Verdict.OPEN);
        assertThat(run.end().out()).isEqualTo("data: {\"err");
        assertThat(run.now().verdict()).isEqualTo(Verdict.COMPLETE);
        assertThat(new Run(OTHER, true).feed("x").broken().verdict()).isEqualTo(Verdict.CUT);
    }
}
