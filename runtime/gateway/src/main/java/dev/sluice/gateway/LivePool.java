package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.EndpointReport;
import dev.sluice.core.EndpointStatus;
import dev.sluice.core.Faults;
import dev.sluice.core.Links;
import dev.sluice.core.Outcome;
import dev.sluice.core.Pool;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.Scrape;
import dev.sluice.core.Sessions;
import dev.sluice.core.Snapshot;
import dev.sluice.core.Usage;
import dev.sluice.core.Work;
import dev.sluice.core.discovery.Picture;
import dev.sluice.core.discovery.PoolRules;
import dev.sluice.core.discovery.Split;
import dev.sluice.core.flow.AdmissionQueue;
import dev.sluice.core.flow.FlowControl;
import dev.sluice.core.flow.FlowRules;
import dev.sluice.core.flow.FlowSettings.Patience;
import dev.sluice.core.flow.Ordering;
import dev.sluice.core.flow.Running;
import dev.sluice.core.flow.Ticket;
import dev.sluice.core.index.BlockRules;
import dev.sluice.core.index.PrefixIndex;
import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.peers.PeerLoad;
import dev.sluice.core.peers.PeerMessage;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.EditedBody;
import dev.sluice.gateway.engine.EngineTarget;
import dev.sluice.gateway.engine.SampleSink;
import dev.sluice.gateway.kv.KvStatus;
import dev.sluice.gateway.metrics.PoolView;
import dev.sluice.gateway.tokens.PromptQuestion;
import dev.sluice.gateway.tokens.TokenAnswer;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Signal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A core pool in a live process: the lock that is its critical section, the clock, and the queue in which requests wait
 * for room. Filters and scorers run outside the lock on a snapshot; {@code charge} inside it checks the pick again.
 */
final class LivePool {
    /** Endpoints up to which all are looked at with every tick. */
    private static final int OFTEN = 50;

    private static final int SESSIONS = 100_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changes = lock.newCondition();
    private long changed;
    private final String name;
    private final Pool pool;
    private final FlowControl flow;
    private final AdmissionQueue queue;
    private final Sessions sessions = new Sessions(SESSIONS);
    private final Sessions responses = new Sessions(SESSIONS);
    private final PrefixIndex index;
    private final Upstreams upstreams;
    private final Placer placer;
    private volatile Map<String, Set<String>> adapters = Map.of();
    private volatile List<Endpoint> listed = List.of();
    private volatile Tokenizing tokenizing = Tokenizing.NONE;
    private final InferredSessions inferred = new InferredSessions();
    private final Labelled labelled = new Labelled();
    private volatile Optional<KvView> kv = Optional.empty();
    private volatile Split split = Split.NONE;
    private volatile PoolRules said = PoolRules.NONE;
    private volatile List<Picture.Revision> revisions = List.of();
    private volatile Optional<Prewarming> prewarming = Optional.empty();
    private final LongAdder arrived = new LongAdder();
    private volatile Optional<Waking> waking = Optional.empty();
    /** Somebody waits, or did a moment ago. */
    private volatile boolean busy;
    /** Under the lock: how often it was ticked, and how many endpoints there were when all were looked at. */
    private int ticks;

    private int size;

    /** Under the lock: requests that must give way, to be told when it is free. */
    private final List<Running> victims = new ArrayList<>();
    /** By priority: requests that had to. */
    private final Map<Integer, Long> tookBack = new TreeMap<>();

    /** Where a configuration says nothing of waiting. */
    private final FlowRules standard;

    private volatile FlowRules rules;

    LivePool(
            PoolSettings settings,
            PrefixIndex index,
            AdmissionQueue.Bounds bounds,
            Pipeline pipeline,
            Faults faults,
            Upstreams upstreams) {
        this.name = settings.name();
        this.pool = new Pool(settings);
        this.standard = FlowRules.standard(bounds);
        this.rules = pipeline.flow().orElse(standard);
        this.flow = new FlowControl(pool, rules);
        this.queue = flow.queue();
        this.index = index;
        this.placer = new Placer(lock, pool, sessions, index, pipeline, faults);
        this.upstreams = upstreams;
    }

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
        placer.pipeline(next);
        FlowRules after = next.flow().orElse(standard);
        locked(() -> {
            rules = after;
            flow.configure(after, System.nanoTime());
            wakeNext();
            return true;
        });
    }

    Pipeline pipeline() {
        return placer.pipeline();
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
        Pipeline current = placer.pipeline();
        if (current.tokens().isEmpty() || !current.enter()) {
            return Optional.empty();
        }
        try {
            Tokenizing now = tokenizing;
            TokenAnswer answer = current.tokens().get().of(now.engines(), question.get());
            now.told().accept(answer.how().label());
            return answer.ids();
        } finally {
            current.leave();
        }
    }

    /** How KV moves from now on; empty when it does not. */
    void handovers(Optional<Handovers> next) {
        placer.handovers(next);
    }

    Optional<Handovers> handovers() {
        return placer.handovers();
    }

    /** What engines tell from now on; empty when they tell nothing. */
    void kv(Optional<KvView> next) {
        kv = next;
        next.ifPresent(view -> view.pool().onCleared(this::forgotten));
    }

    /** What engines say that they hold of a prompt; empty where they say nothing, or its tokens are not known. */
    Optional<KnownPrompt> known(
            BodyScan scan, PromptHashes prompt, RoutingTable.Target target, String model, EditedBody body) {
        Optional<KvView> view = kv;
        return view.isEmpty() ? Optional.empty() : view.get().known(scan, prompt, target, model, body::toBytes);
    }

    /** The session that a prompt goes on with. */
    Optional<String> inferred(PromptHashes prompt) {
        return inferred.of(prompt);
    }

    /** What is known of the engines' KV events. */
    List<KvStatus> kvStatus() {
        return kv.map(view -> view.pool().status()).orElse(List.of());
    }

    /** An engine has emptied its cache: what was believed of it is void too. */
    private void forgotten(String endpoint) {
        Snapshot now = snapshot();
        for (int row = 0; row < now.size(); row++) {
            if (now.endpoint(row).id().equals(endpoint)) {
                forget(now.slot(row));
            }
        }
    }

    /** Places a request that has room set aside, or finds that there is none. */
    Placer.Placed place(Ask ask, Placer.Tried tried) {
        Placer.Placed placed = placer.place(drawn(ask), tried);
        if (waking.isPresent() && placed.missesPrefill()) {
            waking.ifPresent(Waking::askForPrefill);
        }
        return placed;
    }

    /**
     * Places the generating half of a request whose prompt is computed already, because the endpoint that it was computed for
     * can't take it.
     */
    Optional<Charge> placeHanded(Ask ask, Placer.Tried tried, Charge prefill) {
        return placer.placeHanded(drawn(ask), tried, prefill);
    }

    /** A decision that charges nothing: for questions. */
    Decision rehearse(Ask ask) {
        return placer.rehearse(drawn(ask));
    }

    /** An endpoint that is listed. */
    Optional<Endpoint> endpoint(String id) {
        return locked(() -> pool.endpoint(id));
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

    /** What one has cached did not get to the other. */
    void fetchFailed(Links.Ends ends) {
        locked(() -> {
            pool.pulls().failed(ends, System.nanoTime());
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
        return placer.snapshot();
    }

    /** Sets room aside at once, or makes the waiter wait, or does neither and says why. */
    FlowControl.Entered admit(Waiter waiter) {
        arrived.increment();
        boolean waits = asleep().isPresent()
                || rules.settings().rules(waiter.priority()).patience().withoutEndpoint() > 0;
        List<Ticket> pushed = new ArrayList<>(0);
        FlowControl.Entered entered = locked(() -> {
            long now = System.nanoTime();
            flow.predict(waiter, waiter.work(), now);
            FlowControl.Entered how = flow.enter(waiter, waits, pushed::add, now);
            if (how.entry() == FlowControl.Entry.AT_ONCE) {
                waiter.become(Waiter.Fate.GRANTED);
            } else {
                busy = true;
                victims.addAll(flow.evict(now));
            }
            return how;
        });
        pushed.forEach(ticket -> become(ticket, Waiter.Fate.PUSHED_OUT));
        return entered;
    }

    private static void become(Ticket ticket, Waiter.Fate fate) {
        if (ticket instanceof Waiter waiter) {
            waiter.become(fate);
        }
    }

    /** Whether a request of this priority that came now would not have to wait. */
    boolean hasRoom(int priority) {
        return locked(() -> flow.open(priority, System.nanoTime()));
    }

    /** How long requests of this priority may wait. */
    Patience patience(int priority) {
        return rules.settings().rules(priority).patience();
    }

    /** Whether it matters when a request's first token is due. */
    boolean ordersByDue(int priority) {
        return rules.settings().rules(priority).ordering() == Ordering.Kind.DUE;
    }

    /** Prompt tokens that some endpoint is believed to hold; looked up only while requests wait, as it matters to nobody else. */
    int cachedAnywhere(Ask ask) {
        return busy ? placer.cachedAnywhere(ask) : 0;
    }

    /** Whole seconds, rounded up, until a refused request may hope for a place; from 1 to 60. */
    int retryAfter(Waiter waiter, long now) {
        long wait = locked(() -> queue.expectedWait(waiter, now));
        return Math.clamp((wait + 999_999_999L) / 1_000_000_000L, 1, 60);
    }

    /** A request has ended that room was set aside for, and this is what it really asked for. */
    void served(Waiter waiter, Work really) {
        boolean matters = busy
                || rules.settings().rules(waiter.priority()).fairness()
                        instanceof dev.sluice.core.flow.FairnessKind.LeastService;
        if (matters) {
            locked(() -> {
                flow.settled(waiter, really, System.nanoTime());
                return true;
            });
        }
    }

    /** What waits, by priority and flow. */
    List<AdmissionQueue.Waiting> waiting() {
        return locked(queue::report);
    }

    /** How full the pool is, as flow control sees it; NaN when nothing is known. */
    double saturation() {
        return locked(() -> flow.saturation(System.nanoTime()));
    }

    /** Ids of the endpoints that have these labels; may be none. */
    Set<String> labelled(Map<String, String> labels) {
        return labelled.ids(labels, listed);
    }

    /** Room that was set aside has been used or is given back. */
    void admissionUsed(Waiter waiter) {
        locked(() -> {
            flow.used(waiter);
            wakeNext();
            return true;
        });
    }

    /** A waiter leaves before it was granted room: its client has gone. */
    void leave(Waiter waiter) {
        locked(() -> flow.leave(waiter, System.nanoTime()));
        waiter.wake();
    }

    private void wakeNext() {
        if (queue.size() == 0) {
            return;
        }
        long now = System.nanoTime();
        for (Optional<Ticket> next = flow.next(now); next.isPresent(); next = flow.next(now)) {
            become(next.get(), Waiter.Fate.GRANTED);
        }
        victims.addAll(flow.evict(now));
    }

    /** A request has been sent to an engine; while {@link #ran} has not been said it may be told to end. */
    void runs(Sheddable request) {
        locked(() -> {
            flow.runs(request);
            return true;
        });
    }

    /** Its claim has been settled. */
    void ran(Sheddable request) {
        locked(() -> {
            flow.ran(request, System.nanoTime());
            return true;
        });
    }

    /** A request was ended so that another one may go on. */
    void tookBack(int priority) {
        locked(() -> tookBack.merge(priority, 1L, Long::sum));
    }

    /** How many were, by priority; empty where nobody may be. */
    Map<Integer, Long> tookBack() {
        return locked(() -> new TreeMap<>(tookBack));
    }

    void firstToken(Charge charge) {
        locked(() -> {
            pool.firstToken(charge, System.nanoTime());
            wakeNext();
            return true;
        });
    }

    /**
     * Tokens came. Called on a loop's own thread, which must not wait for a lock: false when somebody else has it, and then
     * the caller says it again with the next tokens.
     */
    boolean progress(Charge charge, int tokens) {
        if (!lock.tryLock()) {
            return false;
        }
        try {
            pool.progress(charge, tokens);
            return true;
        } finally {
            lock.unlock();
        }
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
        if (outcome == Outcome.COMPLETED
                && usage.cachedTokens() >= 0
                && charge.work().share() != Work.Share.DECODE) {
            // Some engines count what they fetched as cached: only that something was missing can be believed.
            int cached = charge.fetchedTokens() > 0
                    ? Math.min(usage.cachedTokens(), charge.predictedTokens())
                    : usage.cachedTokens();
            ask.known().ifPresent(prompt -> prompt.answered(charge.endpointId(), cached));
        }
        if (charge.fetchedTokens() > 0) {
            placer.handovers().ifPresent(how -> how.fetches.ended(charge));
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
            cut(charge, ask, (int) (charge.predictedTokens() / perBlock));
        } else if (held >= 0 && held < charge.predictedTokens() - 4 * perBlock) {
            index.truncate(charge.slot(), ask.hashes(), ask.count(), (int) (held / perBlock));
            index.insert(charge.slot(), ask.hashes(), ask.count());
        }
    }

    private void cut(Charge charge, Ask ask, int keep) {
        index.truncate(charge.slot(), ask.hashes(), ask.count(), keep);
        placer.news().cut(name, charge.endpointId(), ask.hashes(), ask.count(), keep);
    }

    /** Told of every prompt that is sent somewhere from now on. */
    void promptNews(PromptNews next) {
        placer.news(next);
    }

    /** Another replica has sent a prompt to an endpoint, or found that it does not hold it. */
    void believe(int slot, PeerMessage.Chain chain) {
        if (slot >= index.slots()) {
            return;
        }
        long[] hashes = chain.hashes();
        if (chain.keep() == PeerMessage.Chain.ALL) {
            index.insert(slot, hashes, hashes.length);
        } else {
            index.truncate(slot, hashes, hashes.length, chain.keep());
        }
    }

    /** Other replicas have said what they have in flight. */
    void peers(Function<String, PeerLoad> of, int replicas) {
        locked(() -> {
            pool.peers(of, replicas);
            wakeNext();
            return true;
        });
    }

    /** What this gateway has in flight, of endpoints where that is not nothing. */
    Map<String, PeerLoad> own() {
        return locked(() -> pool.own(System.nanoTime()));
    }

    /** Slots of the prefix index by endpoint. */
    Map<String, Integer> slots() {
        Snapshot now = snapshot();
        Map<String, Integer> slots = new LinkedHashMap<>();
        for (int row = 0; row < now.size(); row++) {
            slots.put(now.endpoint(row).id(), now.slot(row));
        }
        return slots;
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
            placer.remember(now.get(), ask);
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
            Set<String> gone = pool.ids();
            List<Integer> free = pool.setEndpoints(endpoints, System.nanoTime());
            listed = List.copyOf(endpoints);
            pool.ids().forEach(gone::remove);
            gone.forEach(id -> {
                sessions.forget(id);
                responses.forget(id);
            });
            placer.slots(pool.slots());
            return free;
        });
        freed.forEach(this::forget);
    }

    /** What a search has found: these are the endpoints now, and so they stand. */
    void found(Picture picture) {
        endpoints(picture.endpoints());
        locked(() -> {
            long now = System.nanoTime();
            picture.found()
                    .forEach(f -> pool.standing(
                            f.endpoint().id(),
                            f.standing(),
                            f.reason(),
                            f.concurrency().orElse(Integer.MAX_VALUE),
                            now));
            changed++;
            changes.signalAll();
            wakeNext();
            return true;
        });
        split = Split.of(picture);
        said = picture.rules();
        revisions = picture.revisions();
        waking.ifPresent(w -> w.picture(picture));
    }

    /** Waits until endpoints have come or gone or stand otherwise, at most so long, ns. */
    void awaitChange(long most) throws InterruptedException {
        lock.lock();
        try {
            long before = changed;
            long left = most;
            while (changed == before && left > 0) {
                left = changes.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** What is said of its requests where its endpoints are found. */
    PoolRules rules() {
        return said;
    }

    /** Its endpoints come and go, and these wake them; empty where they are written down. */
    void waking(Optional<Waking> next) {
        waking = next;
    }

    /** Pods of its revisions are there before requests; empty: only when they have come. */
    void prewarming(Optional<Prewarming> next) {
        prewarming = next;
    }

    /** What sees to that. */
    Optional<Prewarming> prewarming() {
        return prewarming;
    }

    /** Who can wake its endpoints. */
    Optional<Waking> waking() {
        return waking;
    }

    /** Who can wake this pool; empty when it is in service, or nobody can. */
    Optional<Waking> asleep() {
        Optional<Waking> wakes = waking;
        return wakes.isPresent() && wakes.get().able() && !serving() ? wakes : Optional.empty();
    }

    /**
     * A request for the revisions that are drawn for it. Drawn when it is placed, not when it came: while it waited, other pods may
     * have come up.
     */
    private Ask drawn(Ask ask) {
        Split current = split;
        if (current == Split.NONE) {
            return ask;
        }
        Set<String> up = new TreeSet<>();
        Snapshot now = snapshot();
        for (int row = 0; row < now.size(); row++) {
            if (now.status(row) == EndpointStatus.READY || now.status(row) == EndpointStatus.SLOW_START) {
                up.add(now.endpoint(row).id());
            }
        }
        Set<String> drawn = current.draw(point(ask), up::contains);
        if (ask.allowed().isEmpty()) {
            return ask.among(drawn);
        }
        Set<String> both = new TreeSet<>(ask.allowed());
        both.retainAll(drawn);
        return both.isEmpty() ? ask : ask.among(both);
    }

    /** In 0..1, the same for a session. */
    private static double point(Ask ask) {
        Optional<String> session = ask.request().session();
        long mixed = (session.isPresent() ? session.get().hashCode() : ask.seed()) * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
        return (mixed >>> 11) * 0x1.0p-53;
    }

    private void forget(int slot) {
        if (slot < index.slots()) {
            index.removeSlot(slot);
        }
    }

    long indexBlocks() {
        return index.blocks();
    }

    void probeSucceeded(String id, List<String> models, Set<String> poolModels) {
        locked(() -> {
            pool.probeSucceeded(id, models, System.nanoTime());
            // Of a thousand endpoints every one is probed twice a minute: all are looked at only when adapters come or
            // go.
            if (!poolModels.containsAll(models) || adapters.values().stream().anyMatch(ids -> ids.contains(id))) {
                adapters = found(poolModels);
            }
            changed++;
            changes.signalAll();
            wakeNext();
            return true;
        });
    }

    private Map<String, Set<String>> found(Set<String> poolModels) {
        Map<String, Set<String>> next = new LinkedHashMap<>();
        for (EndpointReport report : pool.report(System.nanoTime())) {
            for (String model : report.models()) {
                if (!poolModels.contains(model)) {
                    next.computeIfAbsent(model, m -> new TreeSet<>())
                            .add(report.endpoint().id());
                }
            }
        }
        return Map.copyOf(next);
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
        PageExtraction pages = placer.pipeline().pages();
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
        List<Ticket> late = new ArrayList<>();
        boolean[] serving = {true};
        Map<Integer, Integer> capacities = new LinkedHashMap<>();
        List<String> due = locked(() -> {
            long now = System.nanoTime();
            serving[0] = pool.serving();
            late.addAll(flow.expire(now));
            wakeNext();
            busy = queue.size() > 0;
            // The more endpoints, the more seldom all of them are looked at.
            if (ticks++ % Math.max(1, size / OFTEN) == 0) {
                pool.tick(now);
                cached(capacities, now);
            }
            return pool.dueProbes(now);
        });
        capacities.forEach((slot, blocks) -> {
            if (slot < index.slots()) {
                index.setCapacity(slot, blocks);
            }
        });
        late.forEach(ticket -> become(ticket, serving[0] ? Waiter.Fate.LATE : Waiter.Fate.LATE_WITHOUT_ENDPOINT));
        return due;
    }

    /** Tells the pool how much of each endpoint's cache is known, and adds by slot how many blocks should be remembered. */
    private void cached(Map<Integer, Integer> capacities, long now) {
        double tokensPerBlock = tokensPerBlock();
        Snapshot snapshot = pool.snapshot(now);
        size = snapshot.size();
        for (int row = 0; row < size; row++) {
            String id = snapshot.endpoint(row).id();
            if (snapshot.slot(row) < index.slots()) {
                pool.indexed(id, index.size(snapshot.slot(row)) * tokensPerBlock);
            }
            double tokens = pool.cacheTokens(id);
            capacities.put(snapshot.slot(row), (int) Math.clamp(tokens / tokensPerBlock, 1, 50_000_000));
        }
    }

    private double tokensPerBlock() {
        return Math.max(1, pool.tokensPerByte() * BlockRules.DEFAULT.bytes());
    }

    /** Looks after what sleeps, some times a second. */
    void tendSleepers() {
        waking.ifPresent(w -> w.tick(this::report, queued() > 0));
        prewarming.ifPresent(
                p -> p.tick(report(), arrived.sum(), revisions, System.nanoTime(), System.currentTimeMillis()));
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

    /** See {@link Pool#news}; for one asker. */
    List<EndpointReport> news() {
        return locked(() -> pool.news(System.nanoTime()));
    }

    private <T> T locked(Supplier<T> action) {
        List<Running> told = List.of();
        T result;
        lock.lock();
        try {
            result = action.get();
            if (!victims.isEmpty()) {
                told = List.copyOf(victims);
                victims.clear();
            }
        } finally {
            lock.unlock();
        }
        told.forEach(LivePool::takeBack);
        return result;
    }

    private static void takeBack(Running victim) {
        if (victim instanceof Sheddable sheddable) {
            sheddable.takeBack();
        }
    }
}
