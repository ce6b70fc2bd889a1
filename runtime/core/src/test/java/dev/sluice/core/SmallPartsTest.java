package dev.sluice.core;

import static dev.sluice.core.Fixture.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SmallPartsTest {
    private static int granted(RetryBudget budget, long now) {
        int granted = 0;
        while (granted < 10_000 && budget.tryRetry(now)) {
            granted++;
        }
        return granted;
    }

    @Test
    void twentyRetriesAreAlwaysSavedUp() {
        RetryBudget budget = new RetryBudget();
        assertThat(granted(budget, 5 * SECOND)).isEqualTo(20);
        assertThat(granted(budget, 6 * SECOND)).isZero();
        assertThat(granted(budget, 15 * SECOND)).as("ten seconds later").isEqualTo(20);
    }

    @Test
    void aFifthOfTheRequestsOfTheLastTenSecondsMayBeRetried() {
        RetryBudget budget = new RetryBudget();
        for (int i = 0; i < 1000; i++) {
            budget.request(i * SECOND / 100);
        }
        assertThat(granted(budget, 9 * SECOND)).isEqualTo(200);
        assertThat(granted(budget, 14 * SECOND)).isZero();
        assertThat(granted(budget, 60 * SECOND)).isEqualTo(20);
    }

    @Test
    void aClockThatStandsStillOrJumpsDoesNotBreakTheBudget() {
        RetryBudget budget = new RetryBudget();
        budget.request(-3 * SECOND);
        assertThat(granted(budget, -3 * SECOND)).isEqualTo(20);
        budget.request(1_000_000 * SECOND);
        assertThat(granted(budget, 999_999 * SECOND)).isEqualTo(20);
    }

    @Test
    void theSessionUntouchedForLongestIsForgottenFirst() {
        Sessions sessions = new Sessions(2);
        sessions.served("a", "e0");
        sessions.served("b", "e1");
        assertThat(sessions.endpoint("a")).contains("e0");
        sessions.served("c", "e0");
        assertThat(sessions.size()).isEqualTo(2);
        assertThat(sessions.endpoint("b")).isEmpty();
        assertThat(sessions.endpoint("a")).contains("e0");
        sessions.served("a", "e1");
        assertThat(sessions.endpoint("a")).contains("e1");
        sessions.forget("e0");
        assertThat(sessions.endpoint("c")).isEmpty();
        assertThat(sessions.size()).isEqualTo(1);
    }

    @Test
    void theTokenRatioIsLearnedAndOneHugePromptDoesNotOwnIt() {
        TokenRatio ratio = new TokenRatio();
        assertThat(ratio.tokens(4000)).isEqualTo(1000);
        assertThat(ratio.tokens(0)).isEqualTo(1);
        for (int i = 0; i < 200; i++) {
            ratio.observe(3000, 1000);
        }
        assertThat(ratio.tokensPerByte()).isCloseTo(1 / 3.0, within(0.01));
        ratio.observe(0, 10);
        ratio.observe(10, -1);
        assertThat(ratio.tokensPerByte()).isCloseTo(1 / 3.0, within(0.01));
    }

    @Test
    void theLengthOfAnswersIsLearnedQuicklyAtFirst() {
        OutputEstimate output = new OutputEstimate();
        assertThat(output.expect(0)).isEqualTo(256);
        for (int i = 0; i < 30; i++) {
            output.settled(2000, 1000);
        }
        output.settled(0, -1);
        assertThat(output.mean()).isCloseTo(1000, within(100.0));
        assertThat(output.expect(2000)).isCloseTo(1000, within(60));
        assertThat(output.expect(0)).isCloseTo(1000, within(100));
    }

    @Test
    void theSlotFreedLongestAgoIsUsedFirst() {
        Slots slots = new Slots();
        assertThat(slots.take()).isZero();
        assertThat(slots.take()).isEqualTo(1);
        slots.give(1);
        slots.give(0);
        assertThat(slots.take()).isEqualTo(1);
        assertThat(slots.take()).isZero();
        assertThat(slots.take()).isEqualTo(2);
    }
}
