package dev.sluice.plugins;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Pairs;
import dev.sluice.spi.Request;
import dev.sluice.spi.Signal;
import dev.sluice.spi.Split;
import org.junit.jupiter.api.Test;

/** The default decider: by predicted time, the queue for prefill, the link and the streams that would stand still included. */
class LeastWorkDeciderTest {
    private final LeastWorkDecider decider = new LeastWorkDecider(new LeastWorkDeciderConfig(0.5, 8192));

    private interface Transfer {
        double ms(int prefill, int decode, double tokens);
    }

    private record Two(FakeCandidates prefill, FakeCandidates decode, Transfer transfer) implements Pairs {
        @Override
        public double transferMs(int from, int to, double tokens) {
            return transfer.ms(from, to, tokens);
        }
    }

    private static FakeCandidates idle(int size) {
        return FakeCandidates.of(size)
                .with(Signal.PENDING_PREFILL_TOKENS, 0)
                .with(Signal.PREFILL_RATE, 20_000)
                .with(Signal.OVERHEAD_MS, 10)
                .with(Signal.TOKEN_TIME_MS, 8)
                .with(Signal.TOKEN_TIME_SLOPE_MS, 0.05)
                .with(Signal.DECODING_REQUESTS, 0)
                .with(Signal.IN_FLIGHT_REQUESTS, 0)
                .with(Signal.OUTPUT_TOKENS, 200)
                .with(Signal.CACHED_TOKENS, 0);
    }

    private static FakeCandidates decoding(int... streams) {
        double[] running = new double[streams.length];
        for (int i = 0; i < streams.length; i++) {
            running[i] = streams[i];
        }
        return idle(streams.length).with(Signal.DECODING_REQUESTS, running).with(Signal.IN_FLIGHT_REQUESTS, running);
    }

    private static Request prompt(int tokens) {
        return new FakeRequest(tokens);
    }

    private Split split(Request request, Candidates prefill, Candidates decode, Transfer transfer) {
        return decider.split(request, new Two((FakeCandidates) prefill, (FakeCandidates) decode, transfer));
    }

    @Test
    void anIdleFleetComputesShortPromptsWhereTheyAreDecoded() {
        Split split = split(prompt(100), idle(1), idle(1), (p, d, tokens) -> 5 + tokens * 0.01);
        assertThat(split.prefill()).isEqualTo(-1);
        assertThat(split.wholeMs()).isLessThan(split.splitMs());
    }

    @Test
    void aLongPromptBesideManyStreamsIsComputedElsewhere() {
        Split split = split(prompt(8000), idle(1), decoding(30), (p, d, tokens) -> 5 + tokens * 0.01);
        assertThat(split.prefill()).isZero();
        assertThat(split.splitMs()).isLessThan(split.wholeMs());
    }

    @Test
    void aQueueForPrefillOverflowsToTheDecodeEndpoints() {
        FakeCandidates busy = idle(1).with(Signal.PENDING_PREFILL_TOKENS, 400_000);
        assertThat(split(prompt(8000), busy, decoding(30), (p, d, tokens) -> 5).prefill())
                .isEqualTo(-1);
    }

    @Test
    void aSlowLinkIsNotWorthIt() {
        assertThat(split(prompt(8000), idle(1), decoding(30), (p, d, tokens) -> tokens)
                        .prefill())
                .isEqualTo(-1);
        assertThat(split(prompt(8000), idle(1), decoding(30), (p, d, tokens) -> Double.POSITIVE_INFINITY)
                        .prefill())
                .as("a link that does not work")
                .isEqualTo(-1);
    }

    @Test
    void whatTheDecodeEndpointHoldsNeedsNoPrefill() {
        FakeCandidates holds = decoding(30).with(Signal.CACHED_TOKENS, 7900);
        assertThat(split(prompt(8000), idle(1), holds, (p, d, tokens) -> 5).prefill())
                .isEqualTo(-1);
    }

    @Test
    void bothAreChosenTogether() {
        // The shorter queue is far from everybody; the emptier decode endpoint is far from the other one.
        FakeCandidates prefill = idle(2).with(Signal.PENDING_PREFILL_TOKENS, 0, 2000);
        FakeCandidates decode = decoding(20, 24);
        Transfer far = (p, d, tokens) -> p == 1 && d == 1 ? 10 : 2000;
        Split split = split(prompt(16_000), prefill, decode, far);
        assertThat(split.prefill()).isEqualTo(1);
        assertThat(split.decode()).isEqualTo(1);
    }

    @Test
    void aSingleTokenIsNotMoved() {
        Request one = new FakeRequest(4000, 1, true);
        Split split =
                split(one, idle(2).with(Signal.PENDING_PREFILL_TOKENS, 900, 0), decoding(30), (p, d, tokens) -> 1e9);
        assertThat(split.prefill()).isEqualTo(1);
    }

    @Test
    void withoutPrefillEndpointsItSaysWhatAnIdleOneWouldBeWorth() {
        Split missed = split(prompt(8000), FakeCandidates.of(0), decoding(30), (p, d, tokens) -> 0);
        assertThat(missed.prefill()).isEqualTo(-1);
        assertThat(missed.splitMs()).isLessThan(missed.wholeMs());
        // As long as one that is there and idle, at the link of a first guess.
        Split there = split(prompt(8000), idle(1), decoding(30), (p, d, tokens) -> 3 + tokens * 0.012);
        assertThat(missed.wholeMs()).isEqualTo(there.wholeMs());
        assertThat(missed.splitMs()).isCloseTo(there.splitMs(), within(0.1 * there.splitMs()));
        Split needless = split(prompt(100), FakeCandidates.of(0), idle(2), (p, d, tokens) -> 0);
        assertThat(needless.prefill()).isEqualTo(-1);
        assertThat(needless.splitMs()).isGreaterThan(needless.wholeMs());
    }

    @Test
    void whereNothingIsKnownNothingIsSplit() {
        Split split = split(prompt(8000), FakeCandidates.of(1), FakeCandidates.of(2), (p, d, tokens) -> 0);
        assertThat(split.prefill()).isEqualTo(-1);
        assertThat(split.decode()).isBetween(0, 1);
        assertThat(split(prompt(8000), FakeCandidates.of(0), decoding(1), (p, d, tokens) -> 0)
                        .prefill())
                .isEqualTo(-1);
    }
}
