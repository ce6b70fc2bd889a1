package dev.sluice.core;

import static dev.sluice.core.SplitFixture.D0;
import static dev.sluice.core.SplitFixture.D1;
import static dev.sluice.core.SplitFixture.P0;
import static dev.sluice.core.SplitFixture.P1;
import static dev.sluice.core.SplitFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.Disaggregation.Verdict;
import dev.sluice.spi.Split;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Decisions about two endpoints. */
class SplitDecisionTest {
    private final SplitFixture f = new SplitFixture(PoolSettings.Moves.PLAIN);

    private static Verdict verdict(Decision decision) {
        return decision.disaggregation().orElseThrow().verdict();
    }

    @Test
    void eachProfilePicksAmongItsOwn() {
        Decision decision = f.decide(Optional.empty());
        assertThat(verdict(decision)).isEqualTo(Verdict.PREFILL_DECODE);
        assertThat(decision.row()).isIn(D0, D1);
        assertThat(decision.prefillRow()).isIn(P0, P1);
    }

    @Test
    void aPairThatIsChosenTogetherWinsOverWhatTheProfilesPicked() {
        for (int from : new int[] {0, 1}) {
            for (int to : new int[] {0, 1}) {
                Decision decision = f.decide(Optional.of(new Split(from, to, 10, 20)));
                assertThat(decision.prefillRow()).isEqualTo(from == 0 ? P0 : P1);
                assertThat(decision.row()).isEqualTo(to == 0 ? D0 : D1);
            }
        }
        Decision whole = f.decide(Optional.of(new Split(-1, 1, 30, 20)));
        assertThat(verdict(whole)).isEqualTo(Verdict.DECODE_ONLY);
        assertThat(whole.row()).isEqualTo(D1);
    }

    @Test
    void anExplanationHasTheDecisionAndBothEstimates() {
        Explanation explanation = Explainer.explain(f.decide(Optional.of(new Split(1, 0, 10, 20))));
        assertThat(explanation.disaggregation())
                .contains(new Explanation.Disaggregation("prefill-decode", "p1", 10, 20));
        assertThat(explanation.picked()).isEqualTo("d0");
        assertThat(explanation.candidates())
                .as("all four were rated, each by the profile it was a candidate of")
                .allMatch(c -> c.removedBy().isEmpty() && !Double.isNaN(c.total()));
        assertThat(explanation.profiles()).containsExactly("decode", "prefill");
    }

    @Test
    void nonsenseFromAHandlerCostsTheSplit() {
        for (Split nonsense : List.of(new Split(7, 0, 1, 2), new Split(0, 7, 1, 2), new Split(-2, 0, 1, 2))) {
            Decision decision = f.decide(Optional.of(nonsense));
            assertThat(decision.row()).isIn(D0, D1);
        }
    }

    @Test
    void aRequestThatCantBeSplitIsNot() {
        Decision decision = f.decide(request(0).whole(), Set.of(), Set.of(), Optional.of(new Split(0, 0, 1, 2)));
        assertThat(verdict(decision)).isEqualTo(Verdict.UNSPLITTABLE);
        assertThat(decision.prefillRow()).isEqualTo(-1);
        assertThat(decision.row()).isIn(D0, D1);
    }

    @Test
    void prefillEndpointsThatFailedAreNotTakenAgainAndTheOthersServe() {
        assertThat(f.decide(request(0), Set.of(), Set.of("p0"), Optional.empty())
                        .prefillRow())
                .isEqualTo(P1);
        Decision none = f.decide(request(0), Set.of(), Set.of("p0", "p1"), Optional.empty());
        assertThat(verdict(none)).isEqualTo(Verdict.NO_PREFILL_ENDPOINT);
        assertThat(none.row()).isIn(D0, D1);
    }

    @Test
    void withoutPrefillEndpointsWhoeverChoosesPairsSaysWhetherOneIsMissed() {
        Decision missed = f.decide(request(0), Set.of(), Set.of("p0", "p1"), Optional.of(new Split(-1, 0, 1, 2)));
        assertThat(verdict(missed)).isEqualTo(Verdict.NO_PREFILL_ENDPOINT);
        Decision needless = f.decide(request(0), Set.of(), Set.of("p0", "p1"), Optional.of(new Split(-1, 0, 2, 1)));
        assertThat(verdict(needless)).isEqualTo(Verdict.DECODE_ONLY);
        assertThat(List.of(missed, needless))
                .allMatch(d -> d.prefillRow() == -1 && Set.of(D0, D1).contains(d.row()));
        assertThat(needless.disaggregation().orElseThrow().splitMs()).isEqualTo(2);
    }

    @Test
    void aSingleTokenIsAnsweredWhereThePromptIsComputed() {
        Decision decision = f.decide(request(1), Set.of(), Set.of(), Optional.empty());
        assertThat(verdict(decision)).isEqualTo(Verdict.PREFILL_ONLY);
        assertThat(decision.row()).isIn(P0, P1);
        assertThat(decision.prefillRow()).isEqualTo(-1);
    }

    @Test
    void prefillEndpointsNeverServeForLackOfOthers() {
        Decision none = f.decide(request(0), Set.of("d0", "d1"), Set.of(), Optional.empty());
        assertThat(none.refusal()).contains(Decision.Refusal.NO_ENDPOINT);
        assertThat(f.pool.serving()).isTrue();
        for (int i = 0; i < 4; i++) {
            Snapshot s = f.pool.snapshot(f.now[0]);
            assertThat(f.pool.charge(s, D0, new Work(10, 0, 1), 0, f.now[0])).isPresent();
            assertThat(f.pool.charge(s, D1, new Work(10, 0, 1), 0, f.now[0])).isPresent();
        }
        assertThat(f.pool.room()).as("of those that can serve").isZero();
        assertThat(f.decide(Optional.empty()).refusal()).contains(Decision.Refusal.SATURATED);
    }

    @Test
    void aLinkThatHasJustFailedIsNotUsed() {
        f.pool.links().failed(new Links.Ends("p0", "d0"), f.now[0]);
        f.pool.links().failed(new Links.Ends("p0", "d1"), f.now[0]);
        for (long seed = 0; seed < 20; seed++) {
            assertThat(f.decide(Optional.empty()).prefillRow()).isNotEqualTo(P0);
        }
        Decision decision = f.decide(Optional.of(new Split(0, 0, 1, 2)));
        assertThat(verdict(decision)).isEqualTo(Verdict.DECODE_ONLY);
        f.pass(6000);
        assertThat(verdict(f.decide(Optional.of(new Split(0, 0, 1, 2))))).isEqualTo(Verdict.PREFILL_DECODE);
    }
}
