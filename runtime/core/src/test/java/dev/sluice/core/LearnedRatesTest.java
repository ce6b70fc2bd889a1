package dev.sluice.core;

import static dev.sluice.core.Fixture.MS;
import static dev.sluice.core.Fixture.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LearnedRatesTest {
    private static final PoolSettings.Priors PRIORS = PoolSettings.Priors.DEFAULT;
    private final LearnedRates fleet = LearnedRates.fleet(PRIORS);
    private final LearnedRates rates = fleet.endpoint();
    private final SplittableRandom random = new SplittableRandom(3);
    private long now = SECOND;

    /** Prompts of 200 to 8,000 tokens, one after the other, on an engine with this rate. */
    private void prompts(LearnedRates of, int count, double perSecond, double overheadMs) {
        for (int i = 0; i < count; i++) {
            int tokens = random.nextInt(200, 8000);
            long sent = now;
            now += (long) ((overheadMs + tokens / perSecond * 1000) * MS);
            of.settled(of.firstToken(sent, tokens, now), 0, now);
            now += random.nextLong(100 * MS);
        }
    }

    @Test
    void itStartsAtThePriors() {
        LearnedRates.Figures figures = rates.at(now);
        assertThat(figures.prefillRate()).isCloseTo(PRIORS.prefillRate(), within(1e-6));
        assertThat(figures.overheadMs()).isEqualTo(PRIORS.overheadMs());
        assertThat(figures.tokenMs()).isEqualTo(PRIORS.tokenMs());
        assertThat(figures.tokenSlopeMs()).isCloseTo(PRIORS.tokenSlopeMs(), within(1e-12));
    }

    @Test
    void anEngineThatBecomesThreeTimesSlowerIsFoundWithinTensOfSamples() {
        prompts(rates, 200, 20_000, 15);
        assertThat(rates.at(now).prefillRate()).isCloseTo(20_000, within(400.0));
        prompts(rates, 40, 20_000 / 3.0, 45);
        assertThat(rates.at(now).prefillRate()).as("at least twice as slow").isLessThan(10_000);
        prompts(rates, 60, 20_000, 15);
        assertThat(rates.at(now).prefillRate()).isGreaterThan(15_000);
    }

    @Test
    void aSiblingThatWasNeverAskedIsTakenToBeLikeTheOthers() {
        prompts(rates, 50, 100, 500);
        LearnedRates sibling = fleet.endpoint();
        assertThat(sibling.at(now).prefillRate()).isCloseTo(100, within(15.0));
    }

    @Test
    void promptsThatCameOutOfOneStepAreOneSample() {
        for (int i = 0; i < 60; i++) {
            long sent = now;
            now += 215 * MS;
            rates.settled(rates.firstToken(sent, 1000, now), 0, now);
            rates.settled(rates.firstToken(sent, 2000, now + MS / 2), 0, now);
            rates.settled(rates.firstToken(sent, 1000, now + MS), 0, now);
            now += 50 * MS;
            sent = now;
            now += 65 * MS;
            rates.settled(rates.firstToken(sent, 1000, now), 0, now);
            now += 50 * MS;
        }
        assertThat(rates.at(now).prefillRate()).as("4,000 tokens in 200 ms").isCloseTo(20_000, within(1000.0));
    }

    @Test
    void aPromptThatWaitedBehindAnotherIsTimedFromItsPredecessor() {
        for (int i = 0; i < 60; i++) {
            long sent = now;
            rates.settled(rates.firstToken(sent, 2000, sent + 115 * MS), 0, now);
            rates.settled(rates.firstToken(sent + MS, 4000, sent + 330 * MS), 0, now);
            now += SECOND;
        }
        assertThat(rates.at(now).prefillRate()).isCloseTo(20_000, within(1500.0));
    }

    @Test
    void aWrongPredictionIsTakenOutOfTheSampleWhenTheEngineReports() {
        for (int i = 0; i < 60; i++) {
            int tokens = random.nextInt(1000, 8000);
            long sent = now;
            now += (15 + tokens / 20) * MS;
            LearnedRates.Step step = rates.firstToken(sent, tokens / 10, now);
            rates.settled(step, tokens - tokens / 10, now);
            now += 20 * MS;
        }
        assertThat(rates.at(now).prefillRate()).isCloseTo(20_000, within(1500.0));
    }

    @Test
    void itFadesBackToTheFleetWithoutSamples() {
        prompts(rates, 60, 2000, 15);
        assertThat(rates.at(now).prefillRate()).isLessThan(2500);
        now += 3600 * SECOND;
        assertThat(rates.at(now).prefillRate())
                .as("nobody else was asked either")
                .isLessThan(2500);
        prompts(fleet.endpoint(), 20, 20_000, 15);
        assertThat(rates.at(now).prefillRate()).as("a few requests later").isLessThan(4000);
        prompts(fleet.endpoint(), 900, 20_000, 15);
        assertThat(rates.at(now).prefillRate()).isCloseTo(20_000, within(2000.0));
    }

    @Test
    void theTimePerTokenAndItsGrowthWithTheBatchAreLearned() {
        for (int i = 0; i < 100; i++) {
            double others = random.nextInt(64);
            rates.streamEnded(100, (long) ((20 + 0.3 * others) * 100 * MS), others, now);
        }
        assertThat(rates.at(now).tokenMs()).isCloseTo(20, within(2.0));
        assertThat(rates.at(now).tokenSlopeMs()).isCloseTo(0.3, within(0.05));
    }

    @Test
    void oneStallDoesNotMakeAnEngineSlow() {
        prompts(rates, 60, 20_000, 15);
        rates.firstToken(now, 1000, now + 600 * SECOND);
        now += 600 * SECOND;
        prompts(rates, 30, 20_000, 15);
        assertThat(rates.at(now).prefillRate()).isGreaterThan(12_000);
    }

    @Test
    void aRequestThatGaveUpWaitingCountsOnlyUpwards() {
        prompts(rates, 60, 20_000, 15);
        double before = rates.at(now).prefillRate();
        rates.gaveUp(now, 4000, now + 50 * MS);
        assertThat(rates.at(now).prefillRate()).isEqualTo(before);
        rates.gaveUp(now, 4000, now + 5 * SECOND);
        assertThat(rates.at(now).prefillRate()).isLessThan(before);
    }

    @Test
    void amendingASampleLeavesWhatAddingItSoWouldHave() {
        LinearFit amended = new LinearFit(24, 1, 100);
        LinearFit straight = new LinearFit(24, 1, 100);
        LinearFit.Sample sample = amended.add(10, 1);
        straight.add(300, 9);
        for (int i = 0; i < 10; i++) {
            amended.add(i * 50, i);
            straight.add(i * 50, i);
        }
        amended.relax(0.7);
        straight.relax(0.7);
        amended.amend(sample, 300, 9);
        LinearFit.Line prior = new LinearFit.Line(1, 1);
        assertThat(amended.line(prior).slope()).isCloseTo(straight.line(prior).slope(), within(1e-9));
        assertThat(amended.line(prior).intercept())
                .isCloseTo(straight.line(prior).intercept(), within(1e-9));
        assertThat(amended.samples()).isCloseTo(straight.samples(), within(1e-9));
    }

    @Test
    void answersThatDidNotStreamTeachTheSpeedToo() {
        Fixture f = new Fixture(1);
        for (int i = 0; i < 200; i++) {
            int tokens = random.nextInt(500, 8000);
            int output = random.nextInt(20, 200);
            Charge charge = f.charge("e0", new Work(tokens, 0, output, false));
            f.now += (long) ((45 + tokens * 0.15 + output * 24) * MS);
            f.pool.settle(charge, Outcome.COMPLETED, new Usage(tokens, 0, output), 0, 0, f.now);
        }
        assertThat(f.report("e0").prefillRate()).isBetween(4_000.0, 10_000.0);
        assertThat(f.report("e0").tokenMs()).isBetween(18.0, 30.0);
    }
}
