package dev.sluice.gateway;

import dev.sluice.core.AdmissionQueue;
import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Dispatch;
import dev.sluice.core.EndpointReport;
import dev.sluice.core.EndpointStatus;
import dev.sluice.core.Faults;
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
import dev.sluice.core.Usage;
import dev.sluice.core.Votes;
import dev.sluice.core.Work;
import dev.sluice.core.index.BlockRules;
import dev.sluice.core.index.PrefixIndex;
import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.gateway.engine.EngineTarget;
import dev.sluice.gateway.engine.SampleSink;
import dev.sluice.gateway.metrics.PoolView;
import dev.sluice.gateway.tokens.PromptQuestion;
import dev.sluice.gateway.tokens.PromptTokens;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Signal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
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
    private static final Placed NO_ROOM = new Placed(Optional.empty(), Optional.empty(), 0, 0);

    private final ReentrantLock lock = new ReentrantLock();
    private final String name;
    private final Pool pool;
    private final AdmissionQueue queue;
    private final Sessions sessions = new Sessions(SESSIONS);
    private final Sessions responses = new Sessions(SESSIONS);
    private final PrefixIndex index;
    private final Faults faults;
    private final Upstreams upstreams;
    private volatile Pipeline pipeline;
    private volatile Map<String, Set<String>> adapters = Map.of();
    private volatile List<Endpoint> listed = List.of();
    private volatile Tokenizing tokenizing = Tokenizing.NONE;
    private volatile int slots;
    private int granted;

    LivePool(
            PoolSettings settings,
            PrefixIndex index,
            AdmissionQueue.Bounds bounds,
            Pipeline pipeline,
            Faults faults,
            Upstreams upstreams) {
        this.name = settings.name();
        this.pool = new Pool(settings);
        this.queue = AdmissionQueue.fifo(bounds);
        this.index = index;
        this.pipeline = pipeline;
        this.faults = faults;
        this.upstreams = upstreams;
    }

    /** What placing a request gave: a decision with a charge, a decision that refuses, or nothing for lack of room. */
    record Placed(Optional<Decision> decision, Optional<Charge> charge, int predictedTokens, long decideNanos) {}

    /**
     * A request to be placed.
     *
     * @param hashes block hashes of its prompt
     * @param count how many of them
     * @param allowed ids that may serve it; empty for all
     * @param observed its first token will be seen as it comes
     */
    record Ask(RoutingRequest request, long[] hashes, int count, Set<String> allowed, long seed, boolean observed) {
        private static final long[] NO_HASHES = {};

        Ask(RoutingRequest request, long[] hashes, int count, Set<String> allowed, long seed) {
            this(request, hashes, count, allowed, seed, request.streaming());
        }

        /** What a body asks for: the one place where a scan becomes a request that can be placed. */
        static Ask of(Asker who, BodyScan scan, PromptHashes prompt, Estimate estimate, Set<String> allowed) {
            return of(who, scan, prompt, estimate, allowed, scan.stream());
        }

        /** The same where the answer may pass unseen. */
        static Ask of(
                Asker who,
                BodyScan scan,
                PromptHashes prompt,
                Estimate estimate,
                Set<String> allowed,
                boolean observed) {
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
                    new ClientWishes(who.headers()));
            return new Ask(
                    request,
                    cached ? prompt.hashes() : NO_HASHES,
                    cached ? prompt.count() : 0,
                    allowed,
                    who.seed(),
                    observed);
        }

        /** What a request asks for whose body nobody has seen, and whose answer nobody will. */
        static Ask unseen(Asker who, String model, String path, Estimate estimate, Set<String> allowed) {
            RoutingRequest request = new RoutingRequest(
                    who.id(),
                    who.tenant(),
                    model,
                    path,
                    who.headers(),
                    who.session(),
                    0,
                    estimate.promptTokens(),
                    0,
                    estimate.outputTokens(),
                    1,
                    false,
                    who.text());
            return new Ask(request, NO_HASHES, 0, allowed, who.seed(), false);
        }
    }

    /** The same for another model than the body names. */
    static Ask named(Ask ask, String model) {
        return new Ask(
                ask.request().named(model), ask.hashes(), ask.count(), ask.allowed(), ask.seed(), ask.observed());
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
        return name;
    }

    /** Limits have changed: whoever waits may have room now. */
    void configure(PoolSettings settings) {
        locked(() -> {
            pool.configure(settings);
            wakeNext();
            return true;
        });
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

    /**
     * Who can be asked for the tokens of prompts.
     *
     * @param engines of this pool
     * @param told how each question went
     */
    record Tokenizing(List<EngineTarget> engines, Consumer<String> told) {
        static final Tokenizing NONE = new Tokenizing(List.of(), how -> {});
    }

    void tokenizing(Tokenizing now) {
        tokenizing = now;
    }

    /** Exact tokens of a prompt, where the policy wants them and they can be had in time; may wait for them. */
    Optional<int[]> tokens(Supplier<PromptQuestion> question) {
        Pipeline current = pipeline;
        if (current.tokens().isEmpty() || !current.enter()) {
            return Optional.empty();
        }
        try {
            Tokenizing now = tokenizing;
            PromptTokens answer = current.tokens().get().of(now.engines(), question.get());
            now.told().accept(answer.how().label());
            return answer.ids();
        } finally {
            current.leave();
        }
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
    Placed place(Ask asked, Set<String> tried) {
        return withPolicy(policy -> {
            Ask ask = identified(policy, asked);
            return place(policy, ask, tried, matched(ask), sessionEndpoint(ask));
        });
    }

    /** What the gateway's own configuration finds no session in, the policy's keys may. */
    private Ask identified(Policy policy, Ask ask) {
        if (ask.request().session().isPresent()) {
            return ask;
        }
        return policy.session(ask.request(), faults)
                .map(key -> new Ask(ask.request().in(key), ask.hashes(), ask.count(), ask.allowed(), ask.seed()))
                .orElse(ask);
    }

    private int[] matched(Ask ask) {
        int[] matched = new int[Math.max(MATCH_LANES, slots)];
        if (ask.count() > 0) {
            index.match(ask.hashes(), ask.count(), matched);
        }
        return matched;
    }

    private String sessionEndpoint(Ask ask) {
        Optional<String> session = ask.request().session();
        return session.isEmpty()
                ? ""
                : locked(() -> sessions.endpoint(session.get()).orElse(""));
    }

    private Placed place(Policy policy, Ask ask, Set<String> tried, int[] matched, String sessionEndpoint) {
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
        if (ask.count() > 0 && placed.charge().isPresent()) {
            int slot = placed.charge().get().slot();
            if (slot < index.slots()) {
                index.insert(slot, ask.hashes(), ask.count());
            }
        }
        return placed;
    }

    private static Placed refused(Decision decision, long start) {
        return new Placed(Optional.of(decision), Optional.empty(), 0, System.nanoTime() - start);
    }

    private static Placement placement(
            Ask ask, Set<String> tried, int[] matched, String sessionEndpoint, Snapshot snapshot) {
        return new Placement(ask.request(), snapshot, matched, sessionEndpoint, ask.allowed(), tried, ask.seed());
    }

    private Optional<Placed> charge(Decision decision, Ask ask, long start) {
        Placement placement = decision.placement();
        int row = decision.row();
        int cached = placement.cachedTokens(row);
        Work work = new Work(ask.request().promptTokens(), cached, ask.request().outputTokens(), ask.observed());
        long now = System.nanoTime();
        return pool.charge(placement.snapshot(), row, work, placement.rawCachedTokens(row), now)
                .map(charge -> {
                    ask.request().session().ifPresent(s -> sessions.served(s, charge.endpointId()));
                    Dispatch.chosen(
                            decision, charge, faults, placement.excluded().size() + 1, now);
                    return new Placed(Optional.of(decision), Optional.of(charge), cached, now - start);
                });
    }

    Snapshot snapshot() {
        return locked(() -> pool.snapshot(System.nanoTime()));
    }

    /** A decision that charges nothing: for questions. */
    Decision rehearse(Ask asked) {
        return withPolicy(policy -> {
            Ask ask = identified(policy, asked);
            Placement placement = placement(ask, Set.of(), matched(ask), sessionEndpoint(ask), snapshot());
            return Scheduler.decide(policy, placement, faults);
        });
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
        boolean neverComputed =
                outcome == Outcome.UNREACHABLE || outcome == Outcome.OVERLOADED || outcome == Outcome.REJECTED;
        if (neverComputed) {
            index.truncate(charge.slot(), ask.hashes(), ask.count(), (int) (charge.predictedTokens() / perBlock));
        } else if (held >= 0 && held < charge.predictedTokens() - 4 * perBlock) {
            index.truncate(charge.slot(), ask.hashes(), ask.count(), (int) (held / perBlock));
            index.insert(charge.slot(), ask.hashes(), ask.count());
        }
    }

    /**
     * Somebody else's proxy says that another endpoint serves: the claim moves there.
     *
     * @return the claim on the other one; empty when that is no endpoint of this pool
     */
    Optional<Charge> moved(Charge charge, String endpoint, Ask ask) {
        Optional<Charge> now = locked(() -> pool.chargeServing(endpoint, charge.work(), System.nanoTime()));
        if (now.isPresent()) {
            settle(charge, Outcome.REJECTED, Usage.UNKNOWN, 0, 0, ask);
            remember(new Placed(Optional.empty(), now, 0, 0), ask);
        }
        return now;
    }

    /** How long from now a request will keep its endpoint busy, by what was learned of it; ns. */
    long expectedNanos(Charge charge) {
        return locked(() -> pool.expectedNanos(charge, System.nanoTime()));
    }

    /** The endpoints that are listed now. */
    List<Endpoint> listed() {
        return listed;
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
            listed = List.copyOf(endpoints);
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

    /** Takes what the policy's extractors want of an endpoint's next metrics page. */
    SampleSink samples(String id) {
        PageExtraction pages = pipeline.pages();
        if (pages.equals(PageExtraction.NONE)) {
            return SampleSink.NONE;
        }
        Optional<Endpoint> endpoint = locked(() -> pool.endpoint(id));
        return endpoint.map(pages::page).orElse(SampleSink.NONE);
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

    /** Endpoints in service, with what their engines report. */
    List<PoolView.Figures> figures() {
        Snapshot now = snapshot();
        List<PoolView.Figures> figures = new ArrayList<>();
        for (int row = 0; row < now.size(); row++) {
            if (now.status(row) == EndpointStatus.READY || now.status(row) == EndpointStatus.SLOW_START) {
                figures.add(new PoolView.Figures(
                        now.endpoint(row).id(),
                        now.signal(row, Signal.WAITING),
                        now.signal(row, Signal.RUNNING),
                        now.signal(row, Signal.KV_USAGE),
                        now.signal(row, Signal.IN_FLIGHT_REQUESTS),
                        now.signal(row, Signal.PENDING_PREFILL_TOKENS)));
            }
        }
        return figures;
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
