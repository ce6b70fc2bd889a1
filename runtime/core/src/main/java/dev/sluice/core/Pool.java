package dev.sluice.core;

import dev.sluice.core.discovery.Standing;
import dev.sluice.core.peers.PeerLoad;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Signal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The state of one pool: endpoints, ledger, learned rates. Not thread-safe: the caller holds one short critical section
 * around every call, and the order of the calls is the log that a replay repeats. Time is an argument, in nanoseconds of
 * a clock that never goes back.
 *
 * <p>The ledger is the one truth about load. A request is charged when it is dispatched, moves from prefill to decode at
 * its first token, and is released once, whatever way it ends. Scraped metrics only add what the ledger can't know.
 */
public final class Pool {
    private PoolSettings settings;
    private final Map<String, EndpointState> endpoints = new LinkedHashMap<>();
    private final List<EndpointState> leaving = new ArrayList<>();
    private final LearnedRates fleet;
    private final Slots slots = new Slots();
    private final OutputEstimate output = new OutputEstimate();
    private final RetryBudget retries = new RetryBudget();
    private final TokenRatio ratio = new TokenRatio();
    private final Links links;
    private final Links pulls;
    private final Lessons lessons;
    private final Lifecycle lifecycle;
    private long version;
    private @Nullable Snapshot last;
    /** Other replicas that have been heard of late. */
    private int others;
    /** One row of a picture. */
    private final double[] signals = new double[Snapshot.WIDTH];

    /** A pool without endpoints. */
    public Pool(PoolSettings settings) {
        this.settings = settings;
        this.fleet = LearnedRates.fleet(settings.priors());
        this.links = new Links(settings.moves(), endpoints);
        this.pulls = Links.ofPulls(settings.pulls(), endpoints);
        this.lessons = new Lessons(output, ratio, links, pulls);
        this.lifecycle = new Lifecycle(endpoints, settings);
    }

    /** What the pool was told. */
    public PoolSettings settings() {
        return settings;
    }

    /** The configuration has changed; what was learned stays. */
    public void configure(PoolSettings next) {
        version++;
        settings = next;
        lifecycle.configure(next);
        links.moves(next.moves());
        pulls.moves(Links.moves(next.pulls()));
    }

    /** Grows with every change. */
    public long version() {
        return version;
    }

    /**
     * Replaces the set of endpoints. New ones start as probing; missing ones drain until their last request has ended.
     *
     * @return slots of the prefix index that are free now and must be emptied
     */
    public List<Integer> setEndpoints(List<Endpoint> wanted, long now) {
        version++;
        Map<String, Endpoint> next = new LinkedHashMap<>();
        wanted.forEach(e -> next.put(e.id(), e));
        List<Integer> freed = new ArrayList<>();
        List<String> gone = new ArrayList<>();
        endpoints.forEach((id, state) -> {
            Endpoint same = next.get(id);
            if (same == null || !same.address().equals(state.endpoint.address())) {
                gone.add(id);
            } else {
                state.endpoint = same;
            }
        });
        for (String id : gone) {
            EndpointState state = endpoints.remove(id);
            if (state != null) {
                state.become(EndpointStatus.GONE, "no longer listed", now);
                leaving.add(state);
            }
        }
        for (Endpoint e : next.values()) {
            if (!endpoints.containsKey(e.id())) {
                endpoints.put(e.id(), new EndpointState(e, slots.take(), settings.priors(), fleet, now));
            }
        }
        // Last, so that no newcomer gets a slot that the caller has yet to empty, or that a decision in flight still
        // names.
        collect(freed);
        return freed;
    }

    /** Frees the slots of endpoints that are gone and have no request left. */
    private void collect(List<Integer> freed) {
        leaving.removeIf(state -> {
            if (state.inFlight > 0) {
                return false;
            }
            slots.give(state.slot);
            links.forget(state.slot);
            pulls.forget(state.slot);
            freed.add(state.slot);
            return true;
        });
    }

    /** Slots of endpoints that left and have just become free; to be called after {@link #settle}. */
    public List<Integer> freedSlots() {
        if (leaving.isEmpty()) {
            return List.of();
        }
        List<Integer> freed = new ArrayList<>();
        collect(freed);
        return freed;
    }

    /** An endpoint answered a probe: it is up and serves these models. An ejected one stays out until its time is over. */
    public void probeSucceeded(String id, List<String> models, long now) {
        known(id, state -> {
            if (lifecycle.probeSucceeded(state, models, now)) {
                links.chill(state.slot);
            }
        });
    }

    /** An endpoint did not answer a probe, or serves another model: the reason goes to the operator. */
    public void probeFailed(String id, String reason, long now) {
        known(id, state -> lifecycle.probeFailed(state, reason, now));
    }

    /** An endpoint no longer serves a model of this pool: it gets nothing until a probe says otherwise. */
    public void wrongModel(String id, String reason, long now) {
        known(id, state -> {
            if (state.status != EndpointStatus.DRAINING) {
                state.become(EndpointStatus.PROBING, reason, now);
            }
        });
    }

    /** The operator or discovery wants an endpoint to finish what it has. */
    public void drain(String id, String reason, long now) {
        known(id, state -> state.become(EndpointStatus.DRAINING, reason, now));
    }

    /**
     * What is said of an endpoint where it was found. One that is held gets nothing until it is {@link Standing#IN}, and then only
     * after it was asked again what it serves; what runs there goes on.
     *
     * @param most requests that it may get at a time
     */
    public void standing(String id, Standing standing, String reason, int most, long now) {
        known(id, state -> {
            state.most = most;
            lifecycle.standing(state, standing, reason, now);
        });
    }

    private void known(String id, Consumer<EndpointState> change) {
        EndpointState state = endpoints.get(id);
        if (state != null) {
            version++;
            change.accept(state);
        }
    }

    /** Ids that should be probed now: unknown ones, and ejected ones whose time is over; each once until it answers. */
    public List<String> dueProbes(long now) {
        return lifecycle.dueProbes(now);
    }

    /** A metrics page was read. */
    public void scraped(String id, Scrape scrape, long now) {
        EndpointState state = endpoints.get(id);
        if (state == null) {
            return;
        }
        version++;
        state.scrape = scrape;
        state.scrapedAt = now;
        state.trust.bound(scrape.kvBlocks() * scrape.blockSize());
        state.limit.scraped(scrape.running(), scrape.waiting(), state.inFlightOfAll());
    }

    /**
     * Other replicas of this gateway have said what they have in flight, or what they said has become too old to count.
     *
     * @param of what all of them together have in flight, by an endpoint's id
     * @param replicas how many of them count
     */
    public void peers(Function<String, PeerLoad> of, int replicas) {
        version++;
        others = replicas;
        endpoints.forEach((id, state) -> state.peers = replicas == 0 ? PeerLoad.NONE : of.apply(id));
    }

    /** What this gateway alone has in flight, of those endpoints where that is not nothing. */
    public Map<String, PeerLoad> own(long now) {
        Map<String, PeerLoad> own = new LinkedHashMap<>();
        endpoints.forEach((id, state) -> {
            PeerLoad load = state.own(now);
            if (!load.equals(PeerLoad.NONE)) {
                own.put(id, load);
            }
        });
        return own;
    }

    /** The picture of the last scrape is too old to be used. */
    public void scrapeLost(String id) {
        EndpointState state = endpoints.get(id);
        if (state != null && state.scrapedAt != Long.MIN_VALUE) {
            version++;
            state.scrape = state.scrape.aged();
        }
    }

    /** Ids of all endpoints, those included that only finish their requests; may be changed. */
    public Set<String> ids() {
        Set<String> ids = LinkedHashSet.newLinkedHashSet(endpoints.size() + leaving.size());
        ids.addAll(endpoints.keySet());
        leaving.forEach(state -> ids.add(state.endpoint.id()));
        return ids;
    }

    /** One more than the largest slot that an endpoint has or had. */
    public int slots() {
        return slots.most();
    }

    /** The endpoint with this id; empty when it is not listed. */
    public Optional<Endpoint> endpoint(String id) {
        EndpointState state = endpoints.get(id);
        return state == null ? Optional.empty() : Optional.of(state.endpoint);
    }

    /** A picture for decisions. */
    public Snapshot snapshot(long now) {
        Snapshot.Taking taking = new Snapshot.Taking(last, endpoints.size());
        int row = 0;
        for (EndpointState state : endpoints.values()) {
            state.warmUp(now);
            taking.endpoint(row, state.endpoint, state.status, state.slot);
            taking.full(row, state.inFlight >= limit(state));
            taking.trust(row, state.trust.factor());
            taking.scrape(row, state.scrape);
            LearnedRates.Figures speed = state.rates.at(now);
            state.write(signals, speed, settings, now);
            taking.signals(row, signals);
            taking.speed(row, speed);
            row++;
        }
        Snapshot taken = taking.done(version, now, output.mean(), links.table(now), pulls.table(now));
        last = taken;
        return taken;
    }

    /**
     * Charges a decision's pick, after checking it against the newest ledger.
     *
     * @param predictedRaw cached tokens that the index predicted, before scaling by trust
     * @return empty when the endpoint has left, is full, or has since been given work that the decision did not see:
     *     then decide again on a new snapshot
     */
    public Optional<Charge> charge(Snapshot seen, int row, Work work, int predictedRaw, long now) {
        EndpointState state = chargeable(seen, row);
        if (state == null) {
            return Optional.empty();
        }
        version++;
        return Optional.of(claim(state, work, predictedRaw, now));
    }

    /** The endpoint behind a row; null when the pick does not hold any more. */
    private @Nullable EndpointState chargeable(Snapshot seen, int row) {
        EndpointState state = endpoints.get(seen.endpoint(row).id());
        if (state == null || state.slot != seen.slot(row) || state.inFlight >= limit(state)) {
            return null;
        }
        boolean lastResort = state.status == EndpointStatus.EJECTED && seen.status(row) == EndpointStatus.EJECTED;
        if (!state.serving() && !lastResort) {
            return null;
        }
        return state.inFlightOfAll() - seen.signal(row, Signal.IN_FLIGHT_REQUESTS) >= 2 ? null : state;
    }

    private static Charge claim(EndpointState state, Work work, int predictedRaw, long now) {
        double ahead = state.pendingOfAll(state.rates.at(now).prefillRate(), now);
        Charge charge = new Charge(state, work, predictedRaw, ahead, now);
        state.charge(charge, now);
        return charge;
    }

    /**
     * The claims of one request that two endpoints serve.
     *
     * @param prefill on the endpoint that computes the prompt for the other
     * @param decode on the endpoint that serves
     */
    public record Pair(Charge prefill, Charge decode) {}

    /**
     * One end of a pair that is to be charged.
     *
     * @param row of the endpoint
     * @param predictedRaw cached tokens that the index predicted there, before scaling by trust
     */
    public record Claim(int row, Work work, int predictedRaw) {}

    /** Charges both ends of a pair, or none; see {@link #charge}. */
    public Optional<Pair> charge(Snapshot seen, Claim prefill, Claim decode, long now) {
        EndpointState from = chargeable(seen, prefill.row());
        EndpointState to = chargeable(seen, decode.row());
        if (from == null || to == null || from == to) {
            return Optional.empty();
        }
        version++;
        Charge left = claim(from, prefill.work(), prefill.predictedRaw(), now);
        Charge right = claim(to, decode.work(), decode.predictedRaw(), now);
        right.source = from;
        right.moved = Math.max(1, decode.work().promptTokens() - decode.predictedRaw());
        return Optional.of(new Pair(left, right));
    }

    /** Charges another endpoint with generating from what the one behind {@code prefill} has computed already. */
    public Optional<Charge> chargeHanded(Snapshot seen, Claim decode, Charge prefill, long now) {
        EndpointState state = chargeable(seen, decode.row());
        if (state == null || state == prefill.state) {
            return Optional.empty();
        }
        version++;
        Charge charge = claim(state, decode.work(), decode.predictedRaw(), now);
        charge.source = prefill.state;
        charge.moved = decode.work().promptTokens();
        return Optional.of(charge);
    }

    /**
     * The endpoint behind a claim has been told to fetch a beginning of its prompt from another one, and its work is what is
     * left then. To be called where it was charged.
     */
    public void fetches(Charge charge, Snapshot seen, Pull pull) {
        EndpointState from = endpoints.get(seen.endpoint(pull.source()).id());
        if (from != null && from != charge.state) {
            charge.source = from;
            charge.moved = pull.tokens();
            charge.fetch = new Charge.Fetch(pull.tokens());
        }
    }

    /** The decode endpoint has been told where its KV is, or the prefill that it waits for has ended. The last call counts. */
    public void handedOver(Charge decode, long now) {
        decode.handedAt = now;
    }

    /**
     * Charges the endpoint that is said to serve a request, whatever was decided: full or out of service, it has it now.
     *
     * @return empty when it is not listed
     */
    public Optional<Charge> chargeServing(String id, Work work, long now) {
        EndpointState state = endpoints.get(id);
        if (state == null) {
            return Optional.empty();
        }
        version++;
        Charge charge = new Charge(
                state, work, 0, state.pendingOfAll(state.rates.at(now).prefillRate(), now), now);
        state.charge(charge, now);
        return Optional.of(charge);
    }

    /**
     * How long from now a request will keep its endpoint busy: the prompts ahead of it, its own, and the tokens that it is
     * expected to give, at the learned rates, less the time that it has had.
     *
     * @return ns, at least 0
     */
    public long expectedNanos(Charge charge, long now) {
        EndpointState state = charge.state;
        LearnedRates.Figures speed = state.rates.at(now);
        double prompts = (charge.ahead + charge.work.uncachedTokens()) / speed.prefillRate() * 1e3 + speed.overheadMs();
        double tokens = charge.work.outputTokens()
                * (speed.tokenMs() + speed.tokenSlopeMs() * Math.max(0, state.inFlightOfAll() - 1));
        return Math.max(0, (long) ((prompts + tokens) * 1e6) - (now - charge.at));
    }

    /**
     * Time that a request is predicted to keep an engine busy.
     *
     * @param totalMs prompt and answer, ms; a step that several streams share counts for each with its part
     * @param promptMs the prompt alone, ms
     */
    public record Predicted(double totalMs, double promptMs) {}

    /**
     * How long a request will keep an engine busy, at the rates of the fleet as they were learned and with as many streams side
     * by side as endpoints in service have on average.
     */
    public Predicted predict(Work work, long now) {
        LearnedRates.Figures speed = fleet.at(now);
        int serving = 0;
        int streams = 0;
        for (EndpointState state : endpoints.values()) {
            if (state.serving() && state.decodes()) {
                serving++;
                streams += state.decodingOfAll();
            }
        }
        double beside = Math.max(1, streams / (double) Math.max(1, serving));
        double prompt = work.uncachedTokens() / speed.prefillRate() * 1e3;
        double token = (speed.tokenMs() + speed.tokenSlopeMs() * (beside - 1)) / beside;
        return new Predicted(prompt + work.outputTokens() * token, prompt);
    }

    /**
     * How long a further prompt would wait at the endpoint where it would wait least, among those in service with room: those that
     * compute prompts, and those that serve to the end, whichever is more.
     *
     * @param grantedMs predicted time of prompts that are about to come, ms: taken to go to all of them alike
     * @return ms; NaN when there is no such endpoint
     */
    public double leastWaitMs(double grantedMs, long now) {
        double computing = Double.POSITIVE_INFINITY;
        double serves = Double.POSITIVE_INFINITY;
        int computers = 0;
        for (EndpointState state : endpoints.values()) {
            if (!state.serving() || state.inFlight >= limit(state)) {
                continue;
            }
            double wait = 0;
            if (state.pendingPrefillTokens + state.peers.pendingTokens() > 0) {
                double rate = state.rates.at(now).prefillRate();
                wait = state.pendingOfAll(rate, now) / rate * 1e3;
            }
            if (state.prefills()) {
                computers++;
                computing = Math.min(computing, wait);
            }
            if (state.decodes()) {
                serves = Math.min(serves, wait);
            }
        }
        if (computers > 0) {
            computing += grantedMs / computers;
        }
        double both = computers == 0 ? serves : Math.max(computing, serves);
        return both < Double.POSITIVE_INFINITY ? both : Double.NaN;
    }

    /** The first token of an answer came. */
    public void firstToken(Charge charge, long now) {
        if (charge.phase != Charge.Phase.PREFILL) {
            return;
        }
        version++;
        EndpointState state = charge.state;
        charge.phase = Charge.Phase.DECODE;
        charge.firstTokenAt = now;
        charge.tokens = 1;
        charge.othersAtStart = state.decodingOfAll();
        state.prefilled(charge);
        if (charge.work.share() == Work.Share.DECODE) {
            lessons.firstTokenOfMoved(charge, now);
        } else if (charge.fetch != null) {
            lessons.firstTokenOfFetched(charge, charge.fetch, now);
        } else {
            charge.step = state.rates.firstToken(charge.at, charge.work.uncachedTokens(), now);
        }
        charge.prefilledAtStart = state.prefilledTokens;
        state.decoding++;
        state.decodingTokens += charge.work.promptTokens();
        state.consecutiveFailures = 0;
        if (charge.dispatch != null) {
            charge.dispatch.began(now);
        }
    }

    /** Further tokens came. */
    public void progress(Charge charge, int tokens) {
        if (charge.phase == Charge.Phase.DECODE) {
            charge.tokens += tokens;
            charge.state.decodingTokens += tokens;
        }
    }

    /**
     * Ends a claim. The first call counts, further ones are ignored.
     *
     * @param maxTokens the client's limit, 0 for none
     * @param promptBytes bytes of the prompt, 0 when unknown; with the reported tokens they teach the ratio
     * @return tokens by which the index must be corrected: what the engine held of the prompt, or -1 when unknown
     */
    public int settle(Charge charge, Outcome outcome, Usage usage, int maxTokens, int promptBytes, long now) {
        if (charge.phase == Charge.Phase.RELEASED) {
            return -1;
        }
        version++;
        EndpointState state = charge.state;
        boolean decoded = charge.phase == Charge.Phase.DECODE;
        charge.phase = Charge.Phase.RELEASED;
        state.inFlight--;
        if (decoded) {
            state.decoding--;
            state.decodingTokens -= charge.work.promptTokens() + charge.tokens - 1L;
        } else {
            if (outcome == Outcome.CANCELLED || outcome == Outcome.EVICTED || outcome == Outcome.TIMED_OUT) {
                state.rates.gaveUp(charge.at, (double) state.pendingPrefillTokens, now);
            }
            state.prefilled(charge);
        }
        if (charge.step != null) {
            boolean known = usage.cachedTokens() >= 0 && usage.promptTokens() > 0;
            int computed =
                    known ? Math.max(1, usage.promptTokens() - usage.cachedTokens()) : charge.work.uncachedTokens();
            state.rates.settled(charge.step, computed - charge.work.uncachedTokens(), now);
            state.prefilledTokens += computed - charge.work.uncachedTokens();
        }
        if (outcome == Outcome.COMPLETED) {
            lessons.completed(charge, usage, maxTokens, promptBytes, decoded, settings.blockSize(), now);
        }
        if (charge.fetch != null) {
            charge.fetch.ended(outcome);
        }
        lifecycle.ended(state, outcome, now);
        if (charge.dispatch != null) {
            charge.dispatch.ended(outcome, usage, now);
        }
        return outcome == Outcome.COMPLETED ? usage.cachedTokens() : -1;
    }

    /** Forgives past ejections of endpoints that have been in service for a while; to be called now and then. */
    public void tick(long now) {
        lifecycle.tick(now);
    }

    /** How KV moves between the endpoints. */
    public Links links() {
        return links;
    }

    /** How fast endpoints fetch what others have cached. */
    public Links pulls() {
        return pulls;
    }

    /** The pool's retry budget. */
    public RetryBudget retries() {
        return retries;
    }

    /** Expected output tokens of a request. */
    public int expectedOutput(int maxTokens) {
        return output.expect(maxTokens);
    }

    /** Prompt tokens of so many prompt bytes, by the learned ratio, at least 1. */
    public int promptTokens(int promptBytes) {
        return ratio.tokens(promptBytes);
    }

    /** How many tokens of the prefix cache the index should remember for an endpoint's slot. */
    public double cacheTokens(String id) {
        EndpointState state = endpoints.get(id);
        return state == null ? 0 : state.trust.capacityTokens();
    }

    /** The index keeps so many tokens for an endpoint: what its cache must hold if predictions are to come true. */
    public void indexed(String id, double tokens) {
        EndpointState state = endpoints.get(id);
        if (state != null) {
            state.indexedTokens = tokens;
        }
    }

    /** Tokens per prompt byte, learned. */
    public double tokensPerByte() {
        return ratio.tokensPerByte();
    }

    private int limit(EndpointState state) {
        int all = settings.concurrency() == PoolSettings.AUTO ? state.limit.limit() : settings.concurrency();
        return shared(Math.min(all, state.most), state);
    }

    /**
     * What other replicas leave of an endpoint's limit, and at least an even share of it: who has nothing there would else never get
     * anything, because whoever's request ends knows first that there is room. Those who have more than their share leave it as their
     * requests end, so that the limit is passed by less than all shares but one, for a moment.
     */
    private int shared(int all, EndpointState state) {
        return others == 0 ? all : Math.max(all - state.peers.requests(), Math.ceilDiv(all, others + 1));
    }

    /** Room for further requests in all endpoints in service that can serve one to its end. */
    public int room() {
        int room = 0;
        for (EndpointState state : endpoints.values()) {
            if (state.serving() && state.decodes()) {
                room += Math.max(0, limit(state) - state.inFlight);
            }
        }
        return room;
    }

    /** Endpoints that are listed. */
    public int size() {
        return endpoints.size();
    }

    /** True when some endpoint is in service that can serve a request to its end. */
    public boolean serving() {
        return endpoints.values().stream().anyMatch(state -> state.serving() && state.decodes());
    }

    /** Whether this endpoint is in service and can serve a request to its end. */
    public boolean serves(String id) {
        EndpointState state = endpoints.get(id);
        return state != null && state.serving() && state.decodes();
    }

    /** All requests charged, those on endpoints that have left included. */
    public int inFlight() {
        int sum = 0;
        for (EndpointState state : endpoints.values()) {
            sum += state.inFlight;
        }
        for (EndpointState state : leaving) {
            sum += state.inFlight;
        }
        return sum;
    }

    /**
     * The endpoints whose status, or the reason of it, has changed since they were told here last; that a new one waits to be ready, or for
     * its first probe, is none. Cheap where nothing has changed, however many there are.
     */
    public List<EndpointReport> news(long now) {
        List<EndpointReport> rows = new ArrayList<>();
        endpoints.values().forEach(s -> tell(s, rows, now));
        leaving.forEach(s -> tell(s, rows, now));
        return rows;
    }

    private void tell(EndpointState state, List<EndpointReport> rows, long now) {
        state.warmUp(now);
        boolean fresh = state.standing == Standing.HELD && state.dispatched == 0 && state.models.isEmpty();
        if (state.untold && !fresh && !state.reason.equals(Lifecycle.UNASKED)) {
            state.untold = false;
            rows.add(state.report(limit(state), now));
        }
    }

    /** All endpoints as an operator sees them. */
    public List<EndpointReport> report(long now) {
        List<EndpointReport> rows = new ArrayList<>();
        for (EndpointState s : endpoints.values()) {
            rows.add(s.report(limit(s), now));
        }
        for (EndpointState s : leaving) {
            rows.add(s.report(limit(s), now));
        }
        return rows;
    }
}
