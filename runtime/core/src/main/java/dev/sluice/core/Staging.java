package dev.sluice.core;

import dev.sluice.core.Disaggregation.Verdict;
import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Split;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Runs the profiles of a policy that has several, as its handler says, and makes one decision of what they picked.
 *
 * <p>A profile that picks who computes the prompt is given other candidates than the rest: those that may do that, whether or not
 * they could serve. Whatever goes wrong on its side costs the second endpoint and never the request: a request is split only
 * when it may be, when the two are different endpoints, and when KV can move between them now.
 */
final class Staging {
    private final Policy policy;
    private final Placement placement;
    private final SplittableRandom random;
    private final Asking asking;
    private final @Nullable Trail trail;

    Staging(Policy policy, Placement placement, SplittableRandom random, Asking asking, @Nullable Trail trail) {
        this.policy = policy;
        this.placement = placement;
        this.random = random;
        this.asking = asking;
        this.trail = trail;
    }

    /**
     * Decides.
     *
     * @param serving rows that may serve
     * @param prefilling rows that may compute the prompt for another
     */
    Decision run(CandidateSet serving, CandidateSet prefilling) {
        Named<ProfileHandler> handler = policy.handler();
        List<String> names = policy.profiles().stream().map(Profile::name).toList();
        StageSet stages = new StageSet(names);
        for (int guard = 0; guard <= names.size(); guard++) {
            Optional<String> next = asking.next(handler, stages);
            if (next.isEmpty() || !names.contains(next.get()) || stages.done().contains(next.get())) {
                break;
            }
            String name = next.get();
            boolean prefill = asking.prefill(handler, List.of(name)).isPresent();
            CandidateSet base = beside(prefill ? prefilling : serving, stages);
            stages.add(
                    name,
                    base.size() == 0
                            ? new StageSet.Ran(base, new int[0])
                            : Ranking.run(policy.profile(name), base, random, asking, trail));
        }
        List<String> done = stages.done();
        if (done.isEmpty()) {
            return Scheduler.finish(policy, placement, serving, new int[0], List.of());
        }
        String primary = asking.primary(handler, done).filter(done::contains).orElse(done.getFirst());
        if (trail != null) {
            trail.primary = primary;
        }
        Decision whole =
                Scheduler.finish(policy, placement, serving, stages.ran(primary).rows(), stages.picks());
        if (whole.refusal().isPresent()) {
            return whole;
        }
        Optional<String> prefill = asking.prefill(handler, done).filter(done::contains);
        if (!placement.request().splittable()) {
            return whole.with(Disaggregation.of(Verdict.UNSPLITTABLE));
        }
        return prefill.isEmpty() || whole.fallback().isPresent()
                ? whole.with(Disaggregation.of(Verdict.DECODE_ONLY))
                : paired(whole, stages.ran(prefill.get()), stages.ran(primary));
    }

    /** The candidates of a further profile, who may look at what the one before picked. */
    private static CandidateSet beside(CandidateSet base, StageSet stages) {
        int before = stages.lastRow();
        return before < 0 ? base : base.beside(before);
    }

    private Decision paired(Decision whole, StageSet.Ran prefill, StageSet.Ran primary) {
        PairSet pairs = new PairSet(placement.snapshot(), prefill.left(), primary.left());
        Optional<Split> said = asking.split(policy.handler(), pairs);
        if (prefill.left().size() == 0) {
            return whole.with(
                    said.map(Staging::missed).orElseGet(() -> Disaggregation.of(Verdict.NO_PREFILL_ENDPOINT)));
        }
        int from = said.map(s -> s.prefill() < 0 ? -1 : prefill.left().row(s.prefill()))
                .orElseGet(() -> firstThatReaches(prefill.rows(), whole.row()));
        int to = said.map(s -> primary.left().row(s.decode())).orElse(whole.row());
        double splitMs = said.map(Split::splitMs).orElse(Double.NaN);
        double wholeMs = said.map(Split::wholeMs).orElse(Double.NaN);
        if (from >= 0 && placement.request().maxTokens() == 1) {
            return at(whole, from, new Disaggregation(Verdict.PREFILL_ONLY, -1, splitMs, wholeMs));
        }
        boolean reaches = from >= 0 && from != to && reaches(from, to);
        Verdict verdict = reaches
                ? Verdict.PREFILL_DECODE
                : from >= 0 || said.isPresent() ? Verdict.DECODE_ONLY : Verdict.NO_PREFILL_ENDPOINT;
        return at(whole, to, new Disaggregation(verdict, reaches ? from : -1, splitMs, wholeMs));
    }

    /** There is no prefill endpoint: whether one would have been used. */
    private static Disaggregation missed(Split said) {
        Verdict verdict = said.splitMs() < said.wholeMs() ? Verdict.NO_PREFILL_ENDPOINT : Verdict.DECODE_ONLY;
        return new Disaggregation(verdict, -1, said.splitMs(), said.wholeMs());
    }

    /** The first choice that KV can come from, -1 when it can come from none. */
    private int firstThatReaches(int[] rows, int to) {
        for (int row : rows) {
            if (row == to || reaches(row, to)) {
                return row;
            }
        }
        return -1;
    }

    private boolean reaches(int from, int to) {
        return placement.snapshot().transferMs(from, to, 1) < Double.POSITIVE_INFINITY;
    }

    private static Decision at(Decision whole, int row, Disaggregation said) {
        Decision moved = whole.row() == row
                ? whole
                : new Decision(
                        whole.policy(),
                        whole.placement(),
                        new int[] {row},
                        whole.refusal(),
                        whole.fallback(),
                        whole.votes(),
                        whole.picks(),
                        Optional.empty());
        return moved.with(said);
    }
}
