package dev.sluice.simulator.fleet;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Dispatch;
import dev.sluice.core.EndpointReport;
import dev.sluice.core.Faults;
import dev.sluice.core.KnownTokens;
import dev.sluice.core.Outcome;
import dev.sluice.core.Placement;
import dev.sluice.core.Policy;
import dev.sluice.core.Pool;
import dev.sluice.core.PoolSettings;
import dev.sluice.core.RoutingRequest;
import dev.sluice.core.Scheduler;
import dev.sluice.core.Sessions;
import dev.sluice.core.Snapshot;
import dev.sluice.core.Splitting;
import dev.sluice.core.Usage;
import dev.sluice.core.Work;
import dev.sluice.core.flow.AdmissionQueue;
import dev.sluice.core.flow.FlowControl;
import dev.sluice.core.flow.FlowRules;
import dev.sluice.core.flow.Ticket;
import dev.sluice.core.index.PrefixIndex;
import dev.sluice.simulator.fleet.Exchange.End;
import dev.sluice.simulator.fleet.Exchange.State;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The gateway's way of a request as a state machine on events: admission, decision, charge, leg, relay, settle, with the real
 * core inside. It follows the rules of the live gateway: nothing is retried once the client has a byte, an endpoint is tried
 * once, budgeted retries are bounded. Its steps are methods that a test may override to plant a bug.
 */
public class VirtualGateway {
    /** Attempts that may have reached an engine. */
    public static final int BUDGETED_ATTEMPTS = 3;
    /** All attempts. */
    public static final int MOST_ATTEMPTS = 16;

    private static final int SLOTS = 64;
    private static final int REDECISIONS = 4;
    /** Tokens of a block of the index: the same as the engines', so that what is compared is not rounding. */
    public static final int BLOCK_TOKENS = 16;

    /** A ticket that knows whose it is. */
    protected static final class Place extends Ticket {
        final Exchange exchange;

        /** A request about to wait. */
        public Place(Exchange exchange, int priority, Ticket.Times times, Ticket.Share share) {
            super(exchange.bytes(), priority, times, share);
            this.exchange = exchange;
        }

        /** Whose it is. */
        public Exchange exchange() {
            return exchange;
        }
    }

    /**
     * How it behaves.
     *
     * @param flow how requests wait
     * @param queueWait how long at most, ns
     * @param firstByte time limit, ns
     * @param idle time limit between tokens, ns
     */
    public record Limits(FlowRules flow, long queueWait, long firstByte, long idle) {
        /** Requests wait in order of arrival. */
        public Limits(AdmissionQueue.Bounds bounds, long queueWait, long firstByte, long idle) {
            this(FlowRules.plain(bounds), queueWait, firstByte, idle);
        }
    }

    protected final EventLoop loop;
    protected final Pool pool;
    protected final PrefixIndex index;
    protected final FlowControl flow;
    protected final AdmissionQueue queue;
    protected final Sessions sessions = new Sessions(10_000);
    protected final Map<String, Server> servers = new LinkedHashMap<>();
    private final Limits limits;
    private final Policy policy;
    private long legs;
    private long exchanges;

    /** A gateway without endpoints. */
    public VirtualGateway(EventLoop loop, PoolSettings settings, Limits limits, Policy policy) {
        this.loop = loop;
        this.limits = limits;
        this.policy = policy;
        pool = new Pool(settings);
        flow = new FlowControl(pool, limits.flow());
        queue = flow.queue();
        index = new PrefixIndex(SLOTS, Math.max(1, settings.priors().kvTokens() / BLOCK_TOKENS), 1L << 30);
    }

    /** The pool inside. */
    public Pool pool() {
        return pool;
    }

    /** The prefix index inside. */
    public PrefixIndex index() {
        return index;
    }

    /** The queue inside. */
    public AdmissionQueue queue() {
        return queue;
    }

    /** The endpoints that there are now. */
    public void endpoints(Map<String, Server> wanted) {
        servers.putAll(wanted);
        List<Endpoint> rows = new ArrayList<>();
        wanted.keySet().forEach(id -> rows.add(endpoint(id)));
        List<String> before = ids();
        pool.setEndpoints(rows, loop.now()).forEach(this::forget);
        before.removeAll(ids());
        before.forEach(sessions::forget);
        pump();
    }

    /** An endpoint as it is listed. */
    protected Endpoint endpoint(String id) {
        return new Endpoint(id, id + ":8000", Role.BOTH, Map.of());
    }

    private List<String> ids() {
        List<String> ids = new ArrayList<>();
        for (EndpointReport report : pool.report(loop.now())) {
            ids.add(report.endpoint().id());
        }
        return ids;
    }

    /** A slot is free: the next endpoint that gets it starts with nothing. */
    protected void forget(int slot) {
        index.removeSlot(slot);
    }

    /** A client's request. */
    public Exchange arrive(Ask ask) {
        Exchange x = new Exchange(exchanges++, ask, loop.now());
        loop.trace(1, x.number);
        pool.retries().request(loop.now());
        Place place = place(x, loop.now() + limits.queueWait());
        Work work = new Work(ask.promptTokens(), 0, pool.expectedOutput(ask.maxTokens()), ask.streaming());
        predict(place, work);
        x.ticket = place;
        x.state = State.QUEUED;
        switch (flow.enter(place, false, this::pushedOut, loop.now()).entry()) {
            case AT_ONCE -> {
                x.state = State.NEW;
                granted(place);
            }
            case REFUSED -> end(x, End.REFUSED_FULL);
            case WAITS -> {}
        }
        return x;
    }

    /** Says what a request asks for. */
    protected void predict(Place place, Work work) {
        flow.predict(place, work, loop.now());
    }

    /** How requests wait. */
    public FlowControl flow() {
        return flow;
    }

    /** A place in the queue for a request. */
    protected Place place(Exchange x, long deadline) {
        return new Place(x, 0, new Ticket.Times(deadline, deadline, Long.MAX_VALUE), Ticket.Share.ALL);
    }

    /** A request had to leave the queue for another one. */
    protected void pushedOut(Ticket ticket) {
        if (ticket instanceof Place place) {
            end(place.exchange, End.PUSHED_OUT);
        }
    }

    /** Room is set aside for a request. */
    protected void granted(Place place) {
        try {
            attempt(place.exchange);
        } finally {
            flow.used(place);
        }
    }

    /** The client leaves. */
    public void cancel(Exchange x) {
        switch (x.state) {
            case ENDED -> {}
            case QUEUED -> {
                leaveQueue(x);
                end(x, End.CANCELLED);
            }
            default -> {
                release(x, Outcome.CANCELLED, Usage.UNKNOWN);
                end(x, End.CANCELLED);
            }
        }
    }

    /** The client of a request that waits has left. */
    protected void leaveQueue(Exchange x) {
        if (x.ticket != null) {
            queue.remove(x.ticket);
        }
    }

    /** As long as there is room, requests leave the queue. */
    protected void pump() {
        Optional<Ticket> next = nextTicket();
        while (next.isPresent()) {
            if (next.get() instanceof Place place) {
                granted(place);
            }
            next = nextTicket();
        }
    }

    /** Those that have waited too long leave the queue. */
    protected List<Ticket> late() {
        return flow.expire(loop.now());
    }

    private Optional<Ticket> nextTicket() {
        return pool.serving() ? flow.next(loop.now()) : flow.drain(loop.now());
    }

    /** Some times a second: housekeeping, expiry; returns endpoints that want a probe. */
    public List<String> tick() {
        pool.tick(loop.now());
        for (Ticket late : late()) {
            if (late instanceof Place place) {
                end(place.exchange, End.REFUSED_LATE);
            }
        }
        Snapshot snapshot = pool.snapshot(loop.now());
        for (int row = 0; row < snapshot.size(); row++) {
            int slot = snapshot.slot(row);
            String id = snapshot.endpoint(row).id();
            pool.indexed(id, (double) index.size(slot) * BLOCK_TOKENS);
            index.setCapacity(slot, (int) Math.max(1, pool.cacheTokens(id) / BLOCK_TOKENS));
        }
        pump();
        return pool.dueProbes(loop.now());
    }

    /** Decides, charges and calls. */
    protected void attempt(Exchange x) {
        for (int i = 0; i < REDECISIONS; i++) {
            Decision decision = decide(x, allowed(x));
            if (decision.refusal().isPresent()) {
                loop.trace(2, x.number);
                boolean full = decision.refusal().get() == Decision.Refusal.SATURATED;
                end(x, x.attempts > 0 ? End.FAILED : full ? End.REFUSED_FULL : End.REFUSED_NO_ENDPOINT);
                return;
            }
            if (charge(x, decision)) {
                send(x);
                return;
            }
        }
        end(x, End.REFUSED_FULL);
    }

    /** Endpoints that the exchange may use; empty for all. */
    protected Set<String> allowed(Exchange x) {
        return Set.of();
    }

    /** The request as decisions see it. */
    protected RoutingRequest request(Exchange x, RoutingRequest plain) {
        return plain;
    }

    /** What is to be known about second endpoints. */
    protected Splitting splitting(Exchange x) {
        return Splitting.PLAIN;
    }

    /** Fills in what the prefix index believes endpoints to hold of a prompt, blocks by slot. */
    protected void guess(Exchange x, int[] matched) {
        index.match(x.ask.blocks(), x.ask.promptBlocks(), matched);
    }

    /** What engines say themselves that they hold of a prompt. */
    protected KnownTokens known(Exchange x, Snapshot snapshot) {
        return KnownTokens.NONE;
    }

    /** Decides where a request goes. */
    final Decision decide(Exchange x, Set<String> allowed) {
        Ask ask = x.ask;
        int[] matched = new int[SLOTS];
        guess(x, matched);
        Snapshot snapshot = pool.snapshot(loop.now());
        String last =
                ask.session().isEmpty() ? "" : sessions.endpoint(ask.session()).orElse("");
        RoutingRequest request = new RoutingRequest(
                Long.toString(x.number),
                "anonymous",
                "m",
                "/v1/completions",
                name -> Optional.empty(),
                ask.session().isEmpty() ? Optional.empty() : Optional.of(ask.session()),
                0,
                ask.promptTokens(),
                ask.maxTokens(),
                pool.expectedOutput(ask.maxTokens()),
                BLOCK_TOKENS,
                ask.streaming(),
                () -> "");
        return Scheduler.decide(
                policy,
                new Placement(
                        request(x, request),
                        snapshot,
                        matched,
                        last,
                        allowed,
                        x.tried,
                        x.number,
                        splitting(x),
                        known(x, snapshot)),
                Faults.IGNORED);
    }

    /** Charges the pick; false when it must be decided again. */
    protected boolean charge(Exchange x, Decision decision) {
        Placement placement = decision.placement();
        int row = decision.row();
        int cached = placement.cachedTokens(row);
        int raw = placement.rawCachedTokens(row);
        Work work = new Work(
                x.ask.promptTokens(),
                cached + decision.pulledTokens(),
                placement.request().outputTokens(),
                x.ask.streaming());
        Optional<Charge> charge = pool.charge(placement.snapshot(), row, work, raw, loop.now());
        if (charge.isEmpty()) {
            return false;
        }
        fetching(x, decision, charge.get());
        Dispatch.chosen(decision, charge.get(), Faults.IGNORED, x.attempts + 1, loop.now());
        x.charge = charge.get();
        x.predicted = cached;
        return true;
    }

    /** Notes what the endpoint that computes the prompt fetches of it. */
    final void fetching(Exchange x, Decision decision, Charge computing) {
        Snapshot snapshot = decision.placement().snapshot();
        x.source = decision.pull()
                .map(pull -> snapshot.endpoint(pull.source()).id())
                .orElse("");
        decision.pull().ifPresent(pull -> pool.fetches(computing, snapshot, pull));
    }

    /** What the next leg has to do with another one's KV. */
    protected KvLeg part(Exchange x) {
        return KvLeg.ALONE;
    }

    /** Calls the endpoint that was charged. */
    protected void send(Exchange x) {
        Charge charge = x.charge;
        if (charge == null) {
            return;
        }
        x.state = State.SENT;
        x.attempts++;
        x.endpoint = charge.endpointId();
        loop.trace(3, x.endpoint.hashCode());
        if (!x.ask.session().isEmpty()) {
            sessions.served(x.ask.session(), x.endpoint);
        }
        index.insert(charge.slot(), x.ask.blocks(), x.ask.promptBlocks());
        Server server = servers.get(x.endpoint);
        if (server == null) {
            throw new IllegalStateException("no server " + x.endpoint);
        }
        long id = nextLeg();
        Leg leg = new Relay(x, server, id);
        x.leg = leg;
        x.lastHeard = loop.now();
        watch(x, leg, limits.firstByte());
        server.call(id, x.ask, part(x), leg);
    }

    /** Names a leg. */
    final long nextLeg() {
        return legs++;
    }

    /** Time limits and bounds. */
    final Limits limits() {
        return limits;
    }

    /** An answer has begun: its first token is here, or all of it. */
    protected void begun(Exchange x) {}

    /** A time limit, moved on by whatever is heard. */
    protected void watch(Exchange x, Leg leg, long limit) {
        loop.at(x.lastHeard + limit, () -> {
            if (leg.over() || !(leg instanceof Relay relay)) {
                return;
            }
            long current = x.state == State.SENT ? limits.firstByte() : limits.idle();
            if (loop.now() - x.lastHeard < current) {
                watch(x, leg, current);
                return;
            }
            relay.cut();
            leg.failed(Outcome.TIMED_OUT);
        });
    }

    /** One leg as the gateway hears it. */
    private final class Relay extends Leg {
        private final Exchange x;
        private final Server server;
        private final long id;

        Relay(Exchange x, Server server, long id) {
            this.x = x;
            this.server = server;
            this.id = id;
        }

        void cut() {
            server.abort(id, this);
        }

        @Override
        protected void firstToken() {
            loop.trace(4, x.number);
            x.lastHeard = loop.now();
            if (!x.ask.streaming()) {
                return;
            }
            begun(x);
            x.state = State.STREAMING;
            x.firstTokenAt = loop.now();
            x.tokens++;
            if (x.charge != null) {
                pool.firstToken(x.charge, loop.now());
                pump();
            }
        }

        @Override
        protected void tokens(int count) {
            x.lastHeard = loop.now();
            if (x.state == State.STREAMING) {
                x.tokens += count;
                if (x.charge != null) {
                    pool.progress(x.charge, count);
                }
            }
        }

        @Override
        protected void ended(Usage usage) {
            loop.trace(5, x.number);
            begun(x);
            if (!x.ask.streaming()) {
                x.firstTokenAt = loop.now();
                x.tokens = usage.outputTokens();
            }
            x.usage = usage;
            release(x, Outcome.COMPLETED, usage);
            x.state = State.DELIVERING;
            deliver(x);
        }

        @Override
        protected void failed(Outcome outcome) {
            loop.trace(6, x.number);
            legFailed(x, outcome);
        }
    }

    /** The whole answer is here; a client that reads at once has it now. */
    protected void deliver(Exchange x) {
        end(x, End.COMPLETED);
    }

    /** A leg failed: it is tried elsewhere, or the exchange ends. */
    protected void legFailed(Exchange x, Outcome outcome) {
        boolean begun = x.tokens > 0;
        release(x, outcome, Usage.UNKNOWN);
        x.tried.add(x.endpoint);
        if (outcome == Outcome.REJECTED) {
            end(x, End.REJECTED);
        } else if (begun) {
            end(x, End.CUT);
        } else if (mayRetry(x, outcome)) {
            attempt(x);
        } else {
            end(x, End.FAILED);
        }
    }

    /** Attempts that never reached an engine are free, others have a budget. */
    protected boolean mayRetry(Exchange x, Outcome outcome) {
        if (outcome == Outcome.UNREACHABLE) {
            return x.attempts < MOST_ATTEMPTS;
        }
        x.budgeted++;
        return x.attempts < MOST_ATTEMPTS
                && x.budgeted < BUDGETED_ATTEMPTS
                && pool.retries().tryRetry(loop.now());
    }

    /** Ends the claim, closes the leg, corrects the index. */
    protected void release(Exchange x, Outcome outcome, Usage usage) {
        if (x.leg instanceof Relay relay && !relay.over()) {
            relay.cut();
        }
        Charge charge = x.charge;
        if (charge == null) {
            return;
        }
        x.charge = null;
        int held = pool.settle(charge, outcome, usage, x.ask.maxTokens(), x.bytes(), loop.now());
        correct(x, charge, outcome, held);
        freed();
        pump();
    }

    /** What leavers held is given up when their last request has ended. */
    protected void freed() {
        pool.freedSlots().forEach(this::forget);
    }

    /**
     * A prompt that no engine saw is not held; one whose beginning the engine had lost is held again, but what else went on from
     * there is lost with it.
     */
    final void correct(Exchange x, Charge charge, Outcome outcome, int held) {
        int predicted = charge.predictedTokens();
        boolean unseen = outcome == Outcome.UNREACHABLE
                || outcome == Outcome.OVERLOADED
                || outcome == Outcome.REJECTED
                || outcome == Outcome.HANDOVER_FAILED;
        if (unseen) {
            index.truncate(charge.slot(), x.ask.blocks(), x.ask.promptBlocks(), predicted / BLOCK_TOKENS);
        } else if (held >= 0 && held < predicted - 2 * BLOCK_TOKENS) {
            index.truncate(charge.slot(), x.ask.blocks(), x.ask.promptBlocks(), held / BLOCK_TOKENS);
            index.insert(charge.slot(), x.ask.blocks(), x.ask.promptBlocks());
        }
    }

    /** The exchange is over. */
    protected void end(Exchange x, End how) {
        loop.trace(7 + how.ordinal(), x.number);
        x.ends++;
        x.state = State.ENDED;
        x.end = how;
        x.endedAt = loop.now();
    }
}
