package dev.sluice.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.stream.Watched.Run;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CapturedStreamsTest {
    private static Watched whole(Capture capture) {
        return Watched.whole(capture.dialect, false, capture.bytes());
    }

    @ParameterizedTest
    @EnumSource
    void passesACaptureOnByteForByteAsFarAsItIsTrue(Capture capture) {
        Watched watched = whole(capture);
        assertThat(watched.out()).isEqualTo(capture.expected());
        assertThat(watched.verdict()).isEqualTo(capture.verdict);
    }

    @ParameterizedTest
    @EnumSource
    void readsTheValuesOfACapture(Capture capture) {
        Watched watched = whole(capture);
        assertThat(watched.usage()).isEqualTo(capture.usage());
        assertThat(watched.tokens()).isEqualTo(capture.tokens);
    }

    @ParameterizedTest
    @EnumSource
    void comesToTheSameWhereverACaptureIsSplit(Capture capture) {
        Watched expected = whole(capture);
        byte[] bytes = capture.bytes();
        int n = bytes.length;
        for (int split = 0; split <= n; split++) {
            Run run = new Run(capture.dialect, false, split % 2 == 0);
            Watched actual = run.feed(bytes, 0, split).feed(bytes, split, n).end();
            assertThat(actual).as("split at %d", split).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void comesToTheSameWhenACaptureDribbles(Capture capture) {
        byte[] bytes = capture.bytes();
        for (int step : new int[] {1, 2, 3, 7, 100}) {
            Run run = new Run(capture.dialect, false);
            for (int i = 0; i < bytes.length; i += step) {
                run.feed(bytes, i, Math.min(bytes.length, i + step));
            }
            assertThat(run.end()).as("%d at a time", step).isEqualTo(whole(capture));
        }
    }

    @ParameterizedTest
    @EnumSource
    void neverLetsACaptureThatBreaksOffLookComplete(Capture capture) {
        Watched whole = whole(capture);
        byte[] bytes = capture.bytes();
        String text = Watched.text(bytes);
        for (int end = 0; end <= text.length(); end += text.length() > 4_000 ? 13 : 1) {
            Watched broken = new Run(capture.dialect, false).feed(bytes, 0, end).broken();
            assertThat(whole.out()).as("cut at %d", end).startsWith(broken.out());
            if (broken.verdict() != Verdict.COMPLETE) {
                assertThat(broken.out()).doesNotContain("[DONE]", "message_stop", "response.completed");
                assertThat(broken.out().isEmpty() || broken.out().endsWith("\n\n"))
                        .isTrue();
                assertThat(broken.verdict()).isNotEqualTo(Verdict.OPEN).isNotEqualTo(Verdict.GARBAGE);
            } else {
                assertThat(broken.out()).isEqualTo(text);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void takesExactlyTheUsageOnlyEventOut(Capture capture) {
        String expected = capture.expected();
        int from = expected.lastIndexOf("data: ", Math.max(0, expected.indexOf("\"choices\":[],\"usage\":{")));
        if (expected.contains("\"choices\":[],\"usage\":{")) {
            int to = expected.indexOf("\n\n", from) + 2;
            expected = expected.substring(0, from) + expected.substring(to);
        }
        byte[] bytes = capture.bytes();
        for (int step = 1; step <= bytes.length; step += 1 + step / 2) {
            Run run = new Run(capture.dialect, true);
            for (int i = 0; i < bytes.length; i += step) {
                run.feed(bytes, i, Math.min(bytes.length, i + step));
            }
            Watched watched = run.end();
            assertThat(watched.out()).isEqualTo(expected);
            assertThat(watched.usage()).isEqualTo(whole(capture).usage());
            assertThat(watched.verdict()).isEqualTo(capture.verdict);
        }
    }

    @Test
    void knowsTheIdOfAnAnswer() {
        assertThat(whole(Capture.RESPONSES_TEXT).id()).isEqualTo("resp_b7f8e93976b34236");
        assertThat(whole(Capture.CHAT_PLAIN).id()).startsWith("chatcmpl-");
        assertThat(whole(Capture.MESSAGES).id()).isEqualTo("chatcmpl-ad2de1606f8da0b2");
        assertThat(whole(Capture.SCALEOUT_GENERATE).id()).isEqualTo("generate-tokens-9965099774bcf1e0");
    }

    @Test
    void commentsAreNoAnswerYet() {
        assertThat(whole(Capture.KEEP_ALIVE_WHILE_PAUSED).firstData()).isFalse();
    }

    @Test
    void anErrorBeforeAnythingElseIsNoAnswerYet() {
        Watched watched = whole(Capture.PEER_DEAD);
        assertThat(watched.firstData()).isFalse();
        assertThat(watched.errorCode()).isEqualTo(500);
    }
}
