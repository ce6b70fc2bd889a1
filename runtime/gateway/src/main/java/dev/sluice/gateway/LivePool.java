package dev.sluice.gateway;

import dev.sluice.core.AdmissionQueue;
import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.EndpointReport;
import dev.sluice.core.Faults;
import dev.sluice.core.Links;
import dev.sluice.core.Outcome;
import dev.sluice.core.Placement;
import dev.sluice.core.Policy;
import dev.sluice.core.Pool;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.RoutingRequest;
import dev.sluice.core.Scheduler;
import dev.sluice.core.Scrape;
import dev.sluice.core.Sessions;
import dev.sluice.core.Snapshot;
import dev.sluice.core.Splitting;
import dev.sluice.core.Usage;
import dev.sluice.core.Votes;
import dev.sluice.core.Work;
import dev.sluice.core.index.BlockRules;
import dev.sluice.core.index.PrefixIndex;
import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.spi.Endpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A core pool in a live process: the lock that is its critical section, the clock, and the queue in which requests wait
 * for room. Filters and scorers run outside the lock on a snapshot; {@code charge} inside it checks the pick again.
 */
final class LivePool {
    private static final int OPTIMISTIC_TRIES = 3;
    private static final int MATCH_LANES = 64;
    private static final int SESSIONS = 100_000;
    private static final Placed NO_ROOM = new Placed(Optional.empty(), Optional.empty(), Optional.empty(), 0, 0);

    private final ReentrantLock lock = new ReentrantLock();
    private final Pool pool;
    private final AdmissionQueue queue;
    private final Sessions sessions = new Sessions(SESSIONS);
    private final Sessions responses = new Sessions(SESSIONS);
    private final PrefixIndex index;
    private final Faults faults;
    private final Upstreams upstreams;
    private volatile Pipeline pipeline;
    private volatile Map<String, Set<String>> adapters = Map.of();
    private volatile int slots;
    private volatile Optional<Handovers> handovers = Optional.empty();
    private int granted;

    LivePool(
            PoolSettings settings,
            PrefixIndex index,
            AdmissionQueue.Bounds bounds,
            Pipeline pipeline,
            Faults faults,
            Upstreams upstreams) {
        this.pool = new Pool(settings);
        this.queue = AdmissionQueue.fifo(bounds);
        this.index = index;
        this.pipeline = pipeline;
        this.faults = faults;
        this.upstreams = upstreams;
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
            long decideNanos) {}

    /**
     * What an exchange has tried.
     *
     * @param serving ids that failed to serve it
     * @param prefilling ids that failed to compute its prompt for another
     */
    record Tried(Set<String> serving, Set<String> prefilling) {
        Tried() {
            this(new HashSet<>(4), new HashSet<>(2));
        }
    }

    /**
     * A request to be placed.
     *
     * @param hashes block hashes of its prompt
     * @param count how many of them
     * @param allowed ids that may serve it; empty for all
     */
    record Ask(RoutingRequest request, long[] hashes, int count, Set<String> allowed, long seed) {
        private static final long[] NO_HASHES = {};

        /** The same, not to be split. */
        Ask whole() {
            return new Ask(request.whole(), hashes, count, allowed, seed);
        }

        /** What a body asks for: the one place where a scan becomes a request that can be placed. */
        static Ask of(
                Asker who,
                BodyScan scan,
                PromptHashes prompt,
                Estimate estimate,
                Set<String> allowed,
                boolean splittable) {
            boolean cached = scan.api().fillsCache();
            int tokens = scan.tokenIds() ? Math.max(1, scan.tokenCount()) : estimate.promptTokens();
            RoutingRequest request = new RoutingRequest(
                    who.id(),
                    who.tenant(),
                    scan.model(),
                    scan.api().path(),
                    who.headers(),
                    who.session(),
                    0,
                    tokens,
                    scan.maxTokens().orElse(0),
                    cached ? estimate.outputTokens() * scan.choices() : 1,
                    (double) tokens * BlockRules.DEFAULT.bytes() / Math.max(1, prompt.bytes()),
                    scan.stream(),
                    who.text(),
                    splittable);
            return new Ask(
                    request, cached ? prompt.hashes() : NO_HASHES, cached ? prompt.count() : 0, allowed, who.seed());
        }
    }

    /**
     * Who asks, and what of it the body does not say.
     *
     * @param text makes the prompt's text, on demand
     * @param seed of the random choices
     */
    record Asker(
            String id,
            String tenant,
            Function<String, Optional<String>> headers,
            Optional<String> session,
            Supplier<String> text,
            long seed) {}

    String name() {
        return pool.settings().name();
    }

    Upstreams upstreams() {
        return upstreams;
    }

    /** Decisions that begin from now on are made with this one. */
    void pipeline(Pipeline next) {
        pipeline = next;
    }

    Pipeline pipeline() {
        return pipeline;
    }

    /** How KV moves from now on; empty when it does not. */
    void handovers(Optional<Handovers> next) {
        handovers = next;
        PoolSettings.Moves moves = next.isEmpty()
                ? PoolSettings.Moves.NONE
                : next.get().traits().handshake() ? PoolSettings.Moves.HANDSHAKE : PoolSettings.Moves.PLAIN;
        locked(() -> {
            pool.links().moves(moves);
            return true;
        });
    }

    Optional<Handovers> handovers() {
        return handovers;
    }

    /** Decides with the policy in force, whose instances are not closed meanwhile. */
    private <T> T withPolicy(Function<Policy, T> decide) {
        Pipeline current = pipeline;
        boolean held = current.enter();
        while (!held && !current.equals(pipeline)) {
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
    Placed place(Ask ask, Tried tried) {
        int[] matched = new int[Math.max(MATCH_LANES, slots)];
        if (ask.count() > 0) {
            index.match(ask.hashes(), ask.count(), matched);
        }
        String sessionEndpoint = ask.request().session().isEmpty()
                ? ""
                : sessionEndpoint(ask.request().session().get());
        return withPolicy(policy -> place(policy, ask, tried, matched, sessionEndpoint));
    }

    private Placed place(Policy policy, Ask ask, Tried tried, int[] matched, String sessionEndpoint) {
        long start = System.nanoTime();
        Votes[] votes = {Votes.NONE};
        for (int i = 0; i < OPTIMISTIC_TRIES; i++) {
            Decision decision =
                    Scheduler.decide(policy, placement(ask, tried, matched, sessionEndpoint, snapshot()), faults);
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
                    Placement last = placement(ask, tried, matched, sessionEndpoint, pool.snapshot(System.nanoTime()));
                    Decision decision = Scheduler.decideAgain(policy, last, faults, votes[0]);
                    return decision.refusal().isPresent()
                            ? refused(decision, start)
                            : charge(decision, ask, start).orElse(NO_ROOM);
                }),
                ask);
    }

    /** From now on the endpoint is believed to hold the prompt, so that requests right behind this one can follow it. */
    private Placed remember(Placed placed, Ask ask) {
        if (ask.count() > 0) {
            placed.charge().ifPresent(charge -> remember(charge, ask));
            placed.prefill().ifPresent(charge -> remember(charge, ask));
        }
        return placed;
    }

    private void remember(Charge charge, Ask ask) {
        if (charge.slot() < index.slots()) {
            index.insert(charge.slot(), ask.hashes(), ask.count());
        }
    }

    private static Placed refused(Decision decision, long start) {
        return new Placed(Optional.of(decision), Optional.empty(), Optional.empty(), 0, System.nanoTime() - start);
    }

    private Placement placement(Ask ask, Tried tried, int[] matched, String sessionEndpoint, Snapshot snapshot) {
        return new Placement(
                ask.request(),
                snapshot,
                matched,
                sessionEndpoint,
                ask.allowed(),
                tried.serving(),
                ask.seed(),
                splitting(ask, tried, snapshot));
    }

    /** Prefill engines that must first be asked something are not used until they have answered. */
    private Splitting splitting(Ask ask, Tried tried, Snapshot snapshot) {
        Optional<Handovers> how = handovers;
        if (how.isEmpty()) {
            return Splitting.PLAIN;
        }
        Set<String> excluded = tried.prefilling();
        for (int row = 0; ask.request().splittable() && row < snapshot.size(); row++) {
            if (how.get().unasked(snapshot.endpoint(row))) {
                excluded = new HashSet<>(excluded);
                excluded.add(snapshot.endpoint(row).id());
            }
        }
        return new Splitting(excluded, how.get().traits().pulls());
    }

    private Optional<Placed> charge(Decision decision, Ask ask, long start) {
        Placement placement = decision.placement();
        Snapshot snapshot = placement.snapshot();
        int row = decision.row();
        int from = decision.prefillRow();
        RoutingRequest request = ask.request();
        long now = System.nanoTime();
        Optional<Pool.Pair> charged = from < 0
                ? pool.charge(
                                snapshot,
                                row,
                                new Work(
                                        request.promptTokens(),
                                        placement.cachedTokens(row),
                                        request.outputTokens(),
                                        request.streaming()),
                                placement.rawCachedTokens(row),
                                now)
                        .map(Pool.Pair::alone)
                : pool.charge(
                        snapshot,
                        new Pool.Claim(
                                from,
                                Work.prefill(request.promptTokens(), placement.cachedTokens(from)),
                                placement.rawCachedTokens(from)),
                        new Pool.Claim(
                                row,
                                Work.decode(request.promptTokens(), request.outputTokens(), request.streaming()),
                                placement.rawCachedTokens(row)),
                        now);
        return charged.map(pair -> {
            request.session().ifPresent(s -> sessions.served(s, pair.decode().endpointId()));
            int cached = placement.cachedTokens(from < 0 ? row : from);
            return new Placed(Optional.of(decision), Optional.of(pair.decode()), pair.prefill(), cached, now - start);
        });
    }

    /**
     * Places the generating half of a request whose prompt is computed already, because the endpoint that it was computed for
     * can't take it.
     */
    Optional<Charge> placeHanded(Ask ask, Tried tried, Charge prefill) {
        int[] everywhere = new int[Math.max(MATCH_LANES, slots)];
        Arrays.fill(everywhere, ask.count());
        return withPolicy(policy -> {
            Placement placement = placement(ask.whole(), tried, everywhere, "", snapshot());
            Decision decision = Scheduler.decide(policy, placement, faults);
            if (decision.refusal().isPresent()) {
                return Optional.empty();
            }
            RoutingRequest request = ask.request();
            return locked(() -> pool.chargeHanded(
                    placement.snapshot(),
                    new Pool.Claim(
                            decision.row(),
                            Work.decode(request.promptTokens(), request.outputTokens(), request.streaming()),
                            0),
                    prefill,
                    System.nanoTime()));
        });
    }

    /** An endpoint that is listed. */
    Optional<Endpoint> endpoint(String id) {
        Snapshot snapshot = snapshot();
        for (int row = 0; row < snapshot.size(); row++) {
            if (snapshot.endpoint(row).id().equals(id)) {
                return Optional.of(snapshot.endpoint(row));
            }
        }
        return Optional.empty();
    }

    /** The decode endpoint has been told where its KV is, or the prefill that it waits for has ended. */
    void handedOver(Charge decode) {
        locked(() -> {
            pool.handedOver(decode, System.nanoTime());
            return true;
        });
    }

    /** KV did not get from one to the other. */
    void linkFailed(Links.Ends ends) {
        locked(() -> {
            pool.links().failed(ends, System.nanoTime());
            return true;
        });
    }

    /** Two endpoints have shaken hands. */
    void linkWarmed(Links.Ends ends) {
        locked(() -> {
            pool.links().warmed(ends);
            return true;
        });
    }

    /** Pairs that should shake hands now. */
    List<Links.Ends> linksToWarm(int most) {
        return locked(() -> pool.links().toWarm(most, System.nanoTime()));
    }

    Snapshot snapshot() {
        return locked(() -> pool.snapshot(System.nanoTime()));
    }

    /** A decision that charges nothing: for questions. */
    Decision rehearse(Ask ask) {
        int[] matched = new int[Math.max(MATCH_LANES, slots)];
        index.match(ask.hashes(), ask.count(), matched);
        String sessionEndpoint =
                ask.request().session().map(this::sessionEndpoint).orElse("");
        Placement placement = placement(ask, new Tried(), matched, sessionEndpoint, snapshot());
        return withPolicy(policy -> Scheduler.decide(policy, placement, faults));
    }

    private String sessionEndpoint(String session) {
        return locked(() -> sessions.endpoint(session).orElse(""));
    }

    /** Sets room aside at once, or makes the waiter wait; empty when it must do neither. */
    Admitted admit(Waiter waiter) {
        return locked(() -> {
            if (!pool.serving() || (queue.size() == 0 && pool.room() - granted > 0)) {
                granted++;
                return Admitted.AT_ONCE;
            }
            return queue.offer(waiter).isPresent() ? Admitted.REFUSED : Admitted.WAITS;
        });
    }

    /** How {@link #admit} went. */
    enum Admitted {
        AT_ONCE,
        WAITS,
        REFUSED
    }

    /** Room that was set aside has been used or is given back. */
    void admissionUsed() {
        locked(() -> {
            granted--;
            wakeNext();
            return true;
        });
    }

    /** A waiter leaves before it was granted room: its client has gone. */
    void leave(Waiter waiter) {
        locked(() -> queue.remove(waiter));
        waiter.wake();
    }

    private void wakeNext() {
        while (queue.size() > 0 && pool.room() - granted > 0) {
            Optional<AdmissionQueue.Ticket> next = queue.poll();
            if (next.isPresent() && next.get() instanceof Waiter waiter) {
                granted++;
                waiter.grant();
            }
        }
    }

    void firstToken(Charge charge) {
        locked(() -> {
            pool.firstToken(charge, System.nanoTime());
            return true;
        });
    }

    void progress(Charge charge, int tokens) {
        locked(() -> {
            pool.progress(charge, tokens);
            return true;
        });
    }

    /** Ends a leg. What was put into the index for a request that never arrived is taken out again. */
    void settle(Charge charge, Outcome outcome, Usage usage, int maxTokens, int promptBytes, Ask ask) {
        int[] held = {-1};
        List<Integer> freed = locked(() -> {
            held[0] = pool.settle(charge, outcome, usage, maxTokens, promptBytes, System.nanoTime());
            wakeNext();
            return pool.freedSlots();
        });
        if (ask.count() > 0 && charge.slot() < index.slots()) {
            correct(charge, outcome, ask, held[0]);
        }
        freed.forEach(this::forget);
    }

    /** What an engine had lost takes along all that went on from there; the prompt itself is there again, just computed. */
    private void correct(Charge charge, Outcome outcome, Ask ask, int held) {
        double perBlock = Math.max(1e-9, ask.request().tokensPerBlock());
        boolean neverComputed = outcome == Outcome.UNREACHABLE
                || outcome == Outcome.OVERLOADED
                || outcome == Outcome.REJECTED
                || outcome == Outcome.HANDOVER_FAILED;
        if (neverComputed) {
            index.truncate(charge.slot(), ask.hashes(), ask.count(), (int) (charge.predictedTokens() / perBlock));
        } else if (held >= 0 && held < charge.predictedTokens() - 4 * perBlock) {
            index.truncate(charge.slot(), ask.hashes(), ask.count(), (int) (held / perBlock));
            index.insert(charge.slot(), ask.hashes(), ask.count());
        }
    }

    /** An answer can be referred to later by its id, at the endpoint that made it. */
    void responseMade(String responseId, String endpoint) {
        locked(() -> {
            responses.served(responseId, endpoint);
            return true;
        });
    }

    Optional<String> responseEndpoint(String responseId) {
        return locked(() -> responses.endpoint(responseId));
    }

    void endpoints(List<Endpoint> endpoints) {
        List<Integer> freed = locked(() -> {
            Set<String> before = ids();
            List<Integer> free = pool.setEndpoints(endpoints, System.nanoTime());
            Set<String> after = ids();
            before.removeAll(after);
            before.forEach(id -> {
                sessions.forget(id);
                responses.forget(id);
            });
            Snapshot snapshot = pool.snapshot(System.nanoTime());
            int most = 0;
            for (int row = 0; row < snapshot.size(); row++) {
                most = Math.max(most, snapshot.slot(row) + 1);
            }
            slots = Math.max(slots, most);
            return free;
        });
        freed.forEach(this::forget);
    }

    private void forget(int slot) {
        if (slot < index.slots()) {
            index.removeSlot(slot);
        }
    }

    long indexBlocks() {
        return index.blocks();
    }

    private Set<String> ids() {
        Set<String> ids = new TreeSet<>();
        pool.report(System.nanoTime()).forEach(r -> ids.add(r.endpoint().id()));
        return ids;
    }

    void probeSucceeded(String id, List<String> models, Set<String> poolModels) {
        locked(() -> {
            pool.probeSucceeded(id, models, System.nanoTime());
            Map<String, Set<String>> next = new LinkedHashMap<>();
            for (EndpointReport report : pool.report(System.nanoTime())) {
                for (String model : report.models()) {
                    if (!poolModels.contains(model)) {
                        next.computeIfAbsent(model, m -> new TreeSet<>())
                                .add(report.endpoint().id());
                    }
                }
            }
            adapters = Map.copyOf(next);
            wakeNext();
            return true;
        });
    }

    /** Adapter → ids of the endpoints that have it. */
    Map<String, Set<String>> adapters() {
        return adapters;
    }

    void wrongModel(String id, String reason) {
        locked(() -> {
            pool.wrongModel(id, reason, System.nanoTime());
            return true;
        });
    }

    void probeFailed(String id, String reason) {
        locked(() -> {
            pool.probeFailed(id, reason, System.nanoTime());
            return true;
        });
    }

    void scraped(String id, Scrape scrape) {
        locked(() -> {
            pool.scraped(id, scrape, System.nanoTime());
            return true;
        });
    }

    void scrapeLost(String id) {
        locked(() -> {
            pool.scrapeLost(id);
            return true;
        });
    }

    /** Housekeeping, some times a second. Returns the endpoints that should be probed. */
    List<String> tick() {
        List<AdmissionQueue.Ticket> late = new ArrayList<>();
        Map<Integer, Integer> capacities = new LinkedHashMap<>();
        List<String> due = locked(() -> {
            long now = System.nanoTime();
            pool.tick(now);
            late.addAll(queue.expire(now));
            wakeNext();
            double tokensPerBlock = tokensPerBlock();
            Snapshot snapshot = pool.snapshot(now);
            for (int row = 0; row < snapshot.size(); row++) {
                String id = snapshot.endpoint(row).id();
                if (snapshot.slot(row) < index.slots()) {
                    pool.indexed(id, index.size(snapshot.slot(row)) * tokensPerBlock);
                }
                double tokens = pool.cacheTokens(id);
                capacities.put(snapshot.slot(row), (int) Math.clamp(tokens / tokensPerBlock, 1, 50_000_000));
            }
            return pool.dueProbes(now);
        });
        capacities.forEach((slot, blocks) -> {
            if (slot < index.slots()) {
                index.setCapacity(slot, blocks);
            }
        });
        late.forEach(ticket -> {
            if (ticket instanceof Waiter waiter) {
                waiter.wake();
            }
        });
        return due;
    }

    private double tokensPerBlock() {
        return Math.max(1, pool.tokensPerByte() * BlockRules.DEFAULT.bytes());
    }

    boolean tryRetry() {
        return locked(() -> pool.retries().tryRetry(System.nanoTime()));
    }

    /** Counts a client's request, and estimates what it asks for. */
    Estimate estimate(int promptBytes, int maxTokens) {
        return locked(() -> {
            pool.retries().request(System.nanoTime());
            return estimated(promptBytes, maxTokens);
        });
    }

    /** The same without counting a request. */
    Estimate estimateOnly(int promptBytes, int maxTokens) {
        return locked(() -> estimated(promptBytes, maxTokens));
    }

    private Estimate estimated(int promptBytes, int maxTokens) {
        return new Estimate(pool.promptTokens(promptBytes), pool.expectedOutput(maxTokens));
    }

    /** What a request is believed to ask for. */
    record Estimate(int promptTokens, int outputTokens) {}

    boolean serving() {
        return locked(pool::serving);
    }

    int inFlight() {
        return locked(pool::inFlight);
    }

    int queued() {
        return locked(queue::size);
    }

    long queuedBytes() {
        return locked(queue::bytes);
    }

    List<EndpointReport> report() {
        return locked(() -> pool.report(System.nanoTime()));
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
