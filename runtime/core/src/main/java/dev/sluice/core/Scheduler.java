package dev.sluice.core;

import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.spi.Admission;
import dev.sluice.spi.Producer;
import dev.sluice.spi.Signal;
import dev.sluice.spi.SourcePicker;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Runs a policy. A plugin that throws, or returns what it must not, loses its vote and never the request; when nothing
 * of the policy's own answer is left, the healthy allowed endpoint with the least work serves, and that is counted.
 * Tenant and model rules are applied before the policy and are never relaxed.
 */
public final class Scheduler {
    private static final int[] NO_ROWS = {};

    private Scheduler() {}

    /** Decides. Pure: the same placement gives the same decision. */
    public static Decision decide(Policy policy, Placement placement, Faults faults) {
        return decide(policy, placement, faults, null, null);
    }

    /**
     * Decides again, perhaps on a newer snapshot, with the answers that {@link OnceAsked} parts gave the time before: they
     * are not asked.
     */
    public static Decision decideAgain(Policy policy, Placement placement, Faults faults, Votes given) {
        return decide(policy, placement, faults, given, null);
    }

    static Decision decide(
            Policy policy, Placement placement, Faults faults, @Nullable Votes given, @Nullable Trail trail) {
        int[] rows = Eligible.toServe(placement);
        if (rows.length == 0) {
            return refuse(policy, placement);
        }
        SplittableRandom random = new SplittableRandom(placement.seed());
        Asking asking = new Asking(placement, faults, given, trail);
        boolean single = policy.profiles().size() == 1;
        int[] prefill = single || !placement.request().splittable() ? NO_ROWS : Eligible.toPrefill(placement);
        CandidateSet everybody = new CandidateSet(placement, union(rows, prefill));
        CandidateSet all = everybody.only(rows);
        for (Named<Producer> producer : policy.producers()) {
            asking.produce(producer, everybody);
        }
        for (Named<Admission> admission : policy.admissions()) {
            if (asking.refuse(admission, all).isPresent()) {
                return refuse(policy, placement, Decision.Refusal.NOT_ADMITTED).with(asking.votes());
            }
        }
        Decision decision = single
                ? one(policy, placement, all, random, asking, trail)
                : new Staging(policy, placement, random, asking, trail).run(all, everybody.only(prefill));
        return fetching(policy, placement, decision, everybody, asking).with(asking.votes());
    }

    /** From whom the endpoint that computes the prompt fetches what it lacks of it. */
    private static Decision fetching(
            Policy policy, Placement placement, Decision decision, CandidateSet everybody, Asking asking) {
        if (!placement.splitting().pulls() || decision.refusal().isPresent()) {
            return decision;
        }
        int row = decision.computingRow();
        Optional<Pull> pull = policy.around().sources().isEmpty()
                ? everybody.pulls().of(row)
                : asked(policy.around().sources().get(), placement, everybody, row, asking);
        return pull.map(decision::with).orElse(decision);
    }

    private static Optional<Pull> asked(
            Named<SourcePicker> picker, Placement placement, CandidateSet everybody, int row, Asking asking) {
        Snapshot snapshot = placement.snapshot();
        double[] cached = everybody.cached();
        int[] sources = IntStream.range(0, snapshot.size())
                .filter(source -> source != row
                        && Pulls.more(cached, source, row) >= 1
                        && Eligible.hands(placement, source)
                        && snapshot.pullMs(source, row, 1) < Double.POSITIVE_INFINITY)
                .toArray();
        if (sources.length == 0) {
            return Optional.empty();
        }
        CandidateSet set = everybody.only(sources);
        return asking.source(picker, set, snapshot.endpoint(row), Math.max(0, cached[row]))
                .flatMap(id -> IntStream.of(sources)
                        .filter(source -> snapshot.endpoint(source).id().equals(id))
                        .boxed()
                        .findFirst())
                .map(source -> Pulls.pull(snapshot, source, row, Pulls.more(cached, source, row)));
    }

    /** Two ascending lists of rows as one. */
    private static int[] union(int[] a, int[] b) {
        if (b.length == 0) {
            return a;
        }
        return IntStream.concat(IntStream.of(a), IntStream.of(b))
                .distinct()
                .sorted()
                .toArray();
    }

    private static Decision one(
            Policy policy,
            Placement placement,
            CandidateSet all,
            SplittableRandom random,
            Asking asking,
            @Nullable Trail trail) {
        Profile only = policy.profiles().getFirst();
        CandidateSet left = Ranking.filter(only, all, asking, trail);
        int[] picked = left.size() == 0 ? NO_ROWS : Ranking.rank(only, left, random, asking, trail);
        return finish(
                policy,
                placement,
                all,
                picked,
                picked.length == 0 ? List.of() : List.of(new Decision.Pick(only.name(), picked[0])));
    }

    static Decision finish(
            Policy policy, Placement placement, CandidateSet all, int[] picked, List<Decision.Pick> picks) {
        boolean found = picked.length > 0;
        int best = found ? picked[0] : leastWork(placement, all);
        return best < 0
                ? refuse(policy, placement)
                : new Decision(
                        policy,
                        placement,
                        found ? picked : new int[] {best},
                        Optional.empty(),
                        found ? Optional.empty() : Optional.of("policy left no endpoint"),
                        Votes.NONE,
                        picks,
                        Optional.empty());
    }

    /** The row with the least work, of those that can serve a request to its end; -1 when there is none. */
    private static int leastWork(Placement placement, CandidateSet all) {
        int best = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < all.size(); i++) {
            if (!Eligible.serves(placement.snapshot(), all.row(i))) {
                continue;
            }
            double work = all.signal(i, Signal.PENDING_PREFILL_TOKENS) / all.signal(i, Signal.PREFILL_RATE)
                    + 1e-3 * all.signal(i, Signal.IN_FLIGHT_REQUESTS);
            if (work < least) {
                least = work;
                best = all.row(i);
            }
        }
        return best;
    }

    /** Who might have served, as those are shown them who follow decisions. */
    static CandidateSet candidates(Placement placement) {
        return new CandidateSet(placement, Eligible.toServe(placement));
    }

    private static Decision refuse(Policy policy, Placement placement) {
        boolean busy = Eligible.anyInService(placement);
        return refuse(policy, placement, busy ? Decision.Refusal.SATURATED : Decision.Refusal.NO_ENDPOINT);
    }

    private static Decision refuse(Policy policy, Placement placement, Decision.Refusal refusal) {
        return new Decision(policy, placement, new int[0], Optional.of(refusal), Optional.empty());
    }
}
