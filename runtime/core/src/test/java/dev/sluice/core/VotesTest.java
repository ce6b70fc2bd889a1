package dev.sluice.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.core.Policy.Weighted;
import dev.sluice.spi.Admission;
import dev.sluice.spi.Attributes;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Producer;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class VotesTest {
    private final Fixture f = new Fixture(4);
    private final List<String> faults = new ArrayList<>();
    private final SplittableRandom whim = new SplittableRandom(3);
    private int calls;

    /** Never answers the same twice, and fails now and then. */
    private final class Moody implements Scorer, Filter, Picker, Producer, Admission, ProfileHandler, OnceAsked {
        private void maybeNot() {
            calls++;
            if (whim.nextInt(4) == 0) {
                throw new Abstained("no mood " + calls);
            }
        }

        @Override
        public void score(Request request, Candidates candidates, double[] scores) {
            maybeNot();
            for (int i = 0; i < scores.length; i++) {
                scores[i] = whim.nextInt(3) == 0 ? Double.NaN : whim.nextDouble();
            }
        }

        @Override
        public void filter(Request request, Candidates candidates, boolean[] keep) {
            maybeNot();
            for (int i = 1; i < keep.length; i++) {
                keep[i] = whim.nextBoolean();
            }
        }

        @Override
        public int pick(Request request, Candidates candidates, double[] totals, int[] order, RandomGenerator random) {
            maybeNot();
            order[0] = whim.nextInt(order.length);
            return 1;
        }

        @Override
        public void produce(Request request, Candidates candidates, Attributes out) {
            maybeNot();
            for (int i = 0; i < candidates.size(); i++) {
                out.set(i, "mood", whim.nextDouble());
            }
        }

        @Override
        public Optional<String> refuse(Request request, Candidates candidates) {
            maybeNot();
            return whim.nextInt(5) == 0 ? Optional.of("not today") : Optional.empty();
        }

        @Override
        public Optional<String> next(Request request, List<String> profiles, List<String> done) {
            maybeNot();
            return done.size() < 2 ? Optional.of(profiles.get(done.size())) : Optional.empty();
        }

        @Override
        public String primary(Request request, List<String> done) {
            maybeNot();
            return done.get(whim.nextInt(done.size()));
        }

        @Override
        public void close() {}
    }

    private final Moody moody = new Moody();

    /** Looks at what the producer wrote, and breaks ties by chance. */
    private static final Scorer READS = (request, candidates, scores) -> {
        for (int i = 0; i < scores.length; i++) {
            scores[i] = candidates.attribute(i, "mood");
        }
    };

    private Policy policy() {
        Named<Filter> filter = new Named<>("moody", "filter", moody);
        Weighted scorer = new Weighted(new Named<>("moody", "scorer", moody), 1);
        Weighted reader = new Weighted(new Named<>("reader", "reader", READS), 1);
        Named<Picker> moodyPicker = new Named<>("moody", "picker", moody);
        Named<Picker> best = new Named<>("best", "best", Fixture.BEST);
        return new Policy(
                "p",
                List.of(new Named<>("moody", "producer", moody)),
                List.of(new Named<>("moody", "admission", moody)),
                new Named<>("moody", "handler", moody),
                List.of(
                        new Profile("a", List.of(filter), List.of(scorer, reader), moodyPicker),
                        new Profile("b", List.of(filter), List.of(reader, scorer), best)));
    }

    @Test
    void aDecisionIsMadeAgainFromWhatWasAnsweredAndNobodyIsAskedAgain() {
        Policy policy = policy();
        for (long seed = 0; seed < 500; seed++) {
            Placement placement = f.placement(Set.of(), Set.of(), seed);
            Decision decision = Scheduler.decide(policy, placement, this::fault);
            int before = calls;
            Explanation why = Explainer.explain(decision);
            Decision again = Scheduler.decideAgain(policy, placement, this::fault, decision.votes());

            assertThat(calls).isEqualTo(before);
            assertThat(again.rows()).isEqualTo(decision.rows());
            assertThat(again.refusal()).isEqualTo(decision.refusal());
            assertThat(again.fallback()).isEqualTo(decision.fallback());
            assertThat(why.picked())
                    .isEqualTo(
                            decision.rows().length == 0
                                    ? ""
                                    : decision.endpoint().id());
        }
        assertThat(faults).as("who abstains has been counted already").isEmpty();
    }

    @Test
    void anAbstentionIsToldWithItsReason() {
        Scorer late = new Late();
        Policy policy = Fixture.policy(late, Fixture.scores(0, 1, 0, 0));
        Decision decision = Scheduler.decide(policy, f.placement(), this::fault);

        assertThat(decision.row()).isEqualTo(1);
        assertThat(Explainer.explain(decision).abstained()).containsExactly(java.util.Map.entry("scorer0", "too late"));
    }

    @Test
    void votesFollowTheirEndpointsWhenThePoolHasChanged() {
        Scorer likesE2 = new Once(Fixture.scores(0, 0, 1, 0));
        Policy policy = Fixture.policy(likesE2);
        Decision decision = Scheduler.decide(policy, f.placement(), this::fault);
        f.pool.setEndpoints(Fixture.endpoints(4).subList(1, 4), f.now);
        Decision moved = Scheduler.decideAgain(policy, f.placement(), this::fault, decision.votes());

        assertThat(decision.endpoint().id()).isEqualTo("e2");
        assertThat(moved.endpoint().id()).isEqualTo("e2");
        assertThat(moved.row()).isNotEqualTo(decision.row());
    }

    @Test
    void scorersThatAnswerElsewhereAreAskedAtOnce() {
        List<String> order = new ArrayList<>();
        Policy policy =
                Fixture.policy(new Elsewhere("a", order), Fixture.scores(0, 0, 0, 1), new Elsewhere("b", order));
        Decision decision = Scheduler.decide(policy, f.placement(), this::fault);

        assertThat(order).containsExactly("asked 2", "awaited a", "awaited b");
        assertThat(decision.row()).isEqualTo(2);
    }

    private void fault(String point, String name, Throwable fault) {
        faults.add(point + " " + name + " " + fault);
    }

    private static final class Late implements Scorer, OnceAsked {
        @Override
        public void score(Request request, Candidates candidates, double[] scores) {
            throw new Abstained("too late");
        }
    }

    private record Once(Scorer own) implements Scorer, OnceAsked {
        @Override
        public void score(Request request, Candidates candidates, double[] scores) {
            own.score(request, candidates, scores);
        }
    }

    private record Elsewhere(String name, List<String> order) implements RemoteScorer {
        @Override
        public void score(Request request, Candidates candidates, double[] scores) {
            throw new AssertionError("asked alone");
        }

        @Override
        public List<Answer> ask(List<RemoteScorer> scorers, Request request, Candidates candidates) {
            order.add("asked " + scorers.size());
            List<Answer> answers = new ArrayList<>();
            for (RemoteScorer scorer : scorers) {
                String its = ((Elsewhere) scorer).name;
                answers.add(scores -> {
                    order.add("awaited " + its);
                    scores[2] = 1;
                    scores[0] = 0;
                    scores[1] = 0;
                    scores[3] = 0;
                });
            }
            return answers;
        }
    }
}
