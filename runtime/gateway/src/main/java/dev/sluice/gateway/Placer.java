package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Disaggregation;
import dev.sluice.core.Dispatch;
import dev.sluice.core.Faults;
import dev.sluice.core.KnownTokens;
import dev.sluice.core.Placement;
import dev.sluice.core.Policy;
import dev.sluice.core.Pool;
import dev.sluice.core.RoutingRequest;
import dev.sluice.core.Scheduler;
import dev.sluice.core.Sessions;
import dev.sluice.core.Snapshot;
import dev.sluice.core.Splitting;
import dev.sluice.core.Votes;
import dev.sluice.core.Work;
import dev.sluice.core.index.PrefixIndex;
import dev.sluice.gateway.tenant.Tenant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Places requests: decides on a snapshot, outside of the pool's critical section, and charges inside of it, where the pick is
 * checked once more.
 */
final class Placer {
    private static final int OPTIMISTIC_TRIES = 3;
    private static final int MATCH_LANES = 64;
    private static final Placed NO_ROOM = new Placed(Optional.empty(), Optional.empty(), Optional.empty(), 0, 0);

    private final ReentrantLock lock;
    private final Pool pool;
    private final Sessions sessions;
    private final PrefixIndex index;
    private final Faults faults;
    private volatile Pipeline pipeline;
    private volatile int slots;
    private volatile Optional<Handovers> handovers = Optional.empty();
    private volatile PromptNews news = PromptNews.NONE;

    /** @param lock the pool's critical section, which guards the sessions as well */
    Placer(ReentrantLock lock, Pool pool, Sessions sessions, PrefixIndex index, Pipeline pipeline, Faults faults) {
        this.lock = lock;
        this.pool = pool;
        this.sessions = sessions;
        this.index = index;
        this.pipeline = pipeline;
        this.faults = faults;
    }

    /**
     * What placing a request gave: a decision with a charge, a decision that refuses, or nothing for lack of room.
     *
     * @param charge of the endpoint that serves
     * @param prefill charge of the endpoint that computes the prompt for it; empty when it does so itself
     * @param predictedTokens cached tokens predicted where the prompt is computed
     */
    record Placed(
            Optional<Decision> decision,
            Optional<Charge> charge,
            Optional<Charge> prefill,
            int predictedTokens,
            long decideNanos) {

        /** Whether its prompt would have been computed elsewhere, had there been anybody to do that. */
        boolean missesPrefill() {
            return decision.flatMap(Decision::disaggregation)
                    .filter(said -> said.verdict() == Disaggregation.Verdict.NO_PREFILL_ENDPOINT)
                    .isPresent();
        }

        /** The same without what it was decided on, which is too much to hold for as long as the request takes. */
        Placed withoutDecision() {
            return new Placed(Optional.empty(), charge, prefill, predictedTokens, decideNanos);
        }
    }

    /**
     * What an exchange has tried: endpoints that failed to serve it, and those that failed to compute its prompt for another. Most
     * fail nowhere, and cost nothing here.
     */
    static final class Tried {
        private Set<String> serving = Set.of();
        private Set<String> prefilling = Set.of();
        private boolean computes;

        /** Nothing is fetched from others any more: all that an endpoint lacks is computed. */
        void fetchedInVain() {
            computes = true;
        }

        /** Whether nothing is fetched any more. */
        boolean computes() {
            return computes;
        }

        void serving(String id) {
            serving = with(serving, id);
        }

        void prefilling(String id) {
            prefilling = with(prefilling, id);
        }

        private static Set<String> with(Set<String> ids, String id) {
            Set<String> more = new TreeSet<>(ids);
            more.add(id);
            return more;
        }
    }

    void pipeline(Pipeline next) {
        pipeline = next;
    }

    Pipeline pipeline() {
        return pipeline;
    }

    /** Told of every prompt that is sent somewhere. */
    void news(PromptNews next) {
        news = next;
    }

    PromptNews news() {
        return news;
    }

    void handovers(Optional<Handovers> next) {
        handovers = next;
    }

    Optional<Handovers> handovers() {
        return handovers;
    }

    /** The pool has had so many slots. */
    void slots(int most) {
        slots = Math.max(slots, most);
    }

    /** Decides with the policy in force, whose instances are not closed meanwhile. */
    private <T> T withPolicy(Ask ask, Function<Policy, T> decide) {
        Pipeline current = ask.policy().orElse(pipeline);
        boolean held = current.enter();
        while (!held && !current.equals(pipeline) && ask.policy().isEmpty()) {
            current = pipeline;
            held = current.enter();
        }
        // Not held: the pool has been taken out of the configuration, and third parties of its last policy abstain.
        try {
            return decide.apply(current.policy());
        } finally {
            if (held) {
                current.leave();
            }
        }
    }

    /** Places a request that has room set aside, or finds that there is none. */
    Placed place(Ask asked, Tried tried) {
        return withPolicy(asked, policy -> {
            Ask ask = identified(policy, asked);
            return place(policy, ask, tried, matched(ask), sessionEndpoint(ask));
        });
    }

    /** A decision that charges nothing: for questions. */
    Decision rehearse(Ask asked) {
        return withPolicy(asked, policy -> {
            Ask ask = identified(policy, asked);
            Placement placement = placement(policy, ask, new Tried(), matched(ask), sessionEndpoint(ask), snapshot());
            return Scheduler.decide(policy, placement, faults);
        });
    }

    /** What the gateway's own configuration finds no session in, the policy's keys may. */
    private Ask identified(Policy policy, Ask ask) {
        return ask.request().session().isPresent()
                ? ask
                : policy.session(ask.request(), faults)
                        .map(session -> ask.in(own(ask, session)))
                        .orElse(ask);
    }

    private static String own(Ask ask, String session) {
        String tenant = ask.request().tenant();
        return tenant.equals(Tenant.ANONYMOUS) ? session : tenant + '\0' + session;
    }

    private int[] matched(Ask ask) {
        int[] matched = new int[Math.max(MATCH_LANES, slots)];
        if (ask.count() > 0) {
            index.match(ask.hashes(), ask.count(), matched);
        }
        return matched;
    }

    /** Prompt tokens that the endpoint that holds most of them is believed to hold. */
    int cachedAnywhere(Ask ask) {
        int most = 0;
        for (int blocks : matched(ask)) {
            most = Math.max(most, blocks);
        }
        return (int)
                Math.min(most * ask.request().tokensPerBlock(), ask.request().promptTokens());
    }

    private String sessionEndpoint(Ask ask) {
        Optional<String> session = ask.request().session();
        return session.isEmpty()
                ? ""
                : locked(() -> sessions.endpoint(session.get()).orElse(""));
    }

    private Placed place(Policy policy, Ask ask, Tried tried, int[] matched, String sessionEndpoint) {
        long start = System.nanoTime();
        Votes[] votes = {Votes.NONE};
        for (int i = 0; i < OPTIMISTIC_TRIES; i++) {
            Decision decision = Scheduler.decide(
                    policy, placement(policy, ask, tried, matched, sessionEndpoint, snapshot()), faults);
            if (decision.refusal().isPresent()) {
                return refused(decision, start);
            }
            Optional<Placed> placed = locked(() -> charge(decision, ask, start));
            if (placed.isPresent()) {
                return remember(placed.get(), ask);
            }
            votes[0] = decision.votes();
        }
        // Nobody waits for a third party inside the lock: what it has just said counts.
        return remember(
                locked(() -> {
                    Placement last =
                            placement(policy, ask, tried, matched, sessionEndpoint, pool.snapshot(System.nanoTime()));
                    Decision decision = Scheduler.decideAgain(policy, last, faults, votes[0]);
                    return decision.refusal().isPresent()
                            ? refused(decision, start)
                            : charge(decision, ask, start).orElse(NO_ROOM);
                }),
                ask);
    }

    /** From now on the endpoint is believed to hold the prompt, so that requests right behind this one can follow it. */
    private Placed remember(Placed placed, Ask ask) {
        if (ask.count() > 0 || ask.known().isPresent()) {
            placed.charge().ifPresent(charge -> remember(charge, ask));
            placed.prefill().ifPresent(charge -> remember(charge, ask));
        }
        return placed;
    }

    /** The same of one endpoint. */
    void remember(Charge charge, Ask ask) {
        if (ask.count() > 0 && charge.slot() < index.slots()) {
            index.insert(charge.slot(), ask.hashes(), ask.count());
            news.sent(pool.settings().name(), charge.endpointId(), ask.hashes(), ask.count());
        }
        ask.known().ifPresent(prompt -> prompt.sent(charge.endpointId()));
    }

    private static Placed refused(Decision decision, long start) {
        return new Placed(Optional.of(decision), Optional.empty(), Optional.empty(), 0, System.nanoTime() - start);
    }

    private Placement placement(
            Policy policy, Ask ask, Tried tried, int[] matched, String sessionEndpoint, Snapshot snapshot) {
        return new Placement(
                ask.request(),
                snapshot,
                matched,
                sessionEndpoint,
                ask.allowed(),
                tried.serving,
                ask.seed(),
                splitting(policy, ask, tried, snapshot),
                ask.known().isEmpty() ? KnownTokens.NONE : ask.known().get().tokens(snapshot));
    }

    /** Prefill engines that must first be asked something are not used until they have answered. */
    private Splitting splitting(Policy policy, Ask ask, Tried tried, Snapshot snapshot) {
        Optional<Handovers> how = handovers;
        if (how.isEmpty()) {
            return Splitting.PLAIN;
        }
        Set<String> excluded = tried.prefilling;
        for (int row = 0; ask.request().splittable() && row < snapshot.size(); row++) {
            if (how.get().unasked(snapshot.endpoint(row))) {
                excluded = new HashSet<>(excluded);
                excluded.add(snapshot.endpoint(row).id());
            }
        }
        return new Splitting(
                excluded, ask.fetches() && !tried.computes && how.get().pulls(policy));
    }

    private Optional<Placed> charge(Decision decision, Ask ask, long start) {
        int from = decision.prefillRow();
        if (from >= 0) {
            return charge(decision, from, ask, start);
        }
        Placement placement = decision.placement();
        RoutingRequest request = ask.request();
        int row = decision.row();
        int cached = placement.cachedTokens(row);
        Work work = new Work(
                request.promptTokens(), cached + decision.pulledTokens(), request.outputTokens(), ask.observed());
        long now = System.nanoTime();
        Optional<Charge> charged = pool.charge(placement.snapshot(), row, work, placement.rawCachedTokens(row), now);
        if (charged.isEmpty()) {
            return Optional.empty();
        }
        fetching(decision, charged.get());
        chosen(decision, charged.get(), request, now);
        return Optional.of(new Placed(Optional.of(decision), charged, Optional.empty(), cached, now - start));
    }

    /** Both ends of a pair. */
    private Optional<Placed> charge(Decision decision, int from, Ask ask, long start) {
        Placement placement = decision.placement();
        RoutingRequest request = ask.request();
        int cached = placement.cachedTokens(from);
        Pool.Claim prefill = new Pool.Claim(
                from,
                Work.prefill(request.promptTokens(), cached + decision.pulledTokens()),
                placement.rawCachedTokens(from));
        Pool.Claim decode = new Pool.Claim(
                decision.row(),
                Work.decode(request.promptTokens(), request.outputTokens(), ask.observed()),
                placement.rawCachedTokens(decision.row()));
        long now = System.nanoTime();
        return pool.charge(placement.snapshot(), prefill, decode, now).map(pair -> {
            fetching(decision, pair.prefill());
            chosen(decision, pair.decode(), request, now);
            return new Placed(
                    Optional.of(decision),
                    Optional.of(pair.decode()),
                    Optional.of(pair.prefill()),
                    cached,
                    now - start);
        });
    }

    private void fetching(Decision decision, Charge computing) {
        decision.pull()
                .ifPresent(pull -> pool.fetches(computing, decision.placement().snapshot(), pull));
    }

    private void chosen(Decision decision, Charge charge, RoutingRequest request, long now) {
        request.session().ifPresent(s -> sessions.served(s, charge.endpointId()));
        Dispatch.chosen(
                decision, charge, faults, decision.placement().excluded().size() + 1, now);
    }

    /**
     * Places the generating half of a request whose prompt is computed already, because the endpoint that it was computed for
     * can't take it.
     */
    Optional<Charge> placeHanded(Ask ask, Tried tried, Charge prefill) {
        int[] everywhere = new int[Math.max(MATCH_LANES, slots)];
        Arrays.fill(everywhere, ask.count());
        return withPolicy(ask, policy -> {
            Placement placement = placement(policy, ask.whole(), tried, everywhere, "", snapshot());
            Decision decision = Scheduler.decide(policy, placement, faults);
            return decision.refusal().isPresent()
                    ? Optional.empty()
                    : locked(() -> chargeHanded(decision, ask, prefill));
        });
    }

    private Optional<Charge> chargeHanded(Decision decision, Ask ask, Charge prefill) {
        Placement placement = decision.placement();
        RoutingRequest request = ask.request();
        long now = System.nanoTime();
        Pool.Claim claim = new Pool.Claim(
                decision.row(), Work.decode(request.promptTokens(), request.outputTokens(), ask.observed()), 0);
        Optional<Charge> charged = pool.chargeHanded(placement.snapshot(), claim, prefill, now);
        charged.ifPresent(charge ->
                Dispatch.chosen(decision, charge, faults, placement.excluded().size() + 1, now));
        return charged;
    }

    Snapshot snapshot() {
        return locked(() -> pool.snapshot(System.nanoTime()));
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }
}
