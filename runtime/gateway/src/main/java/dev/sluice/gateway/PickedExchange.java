package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.EditedBody;
import dev.sluice.gateway.extproc.Conversation;
import dev.sluice.gateway.extproc.Head;
import dev.sluice.gateway.extproc.Immediately;
import dev.sluice.gateway.extproc.Picking.Answers;
import dev.sluice.gateway.http.ChunkWatcher;
import dev.sluice.gateway.metrics.Lane;
import dev.sluice.gateway.metrics.LlmdRequest;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.tenant.Tenant;
import dev.sluice.gateway.trace.Trace;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way of one request whose bytes somebody else's proxy carries: scan, route, admission and decision as in
 * {@link Exchange}, then its destination is told, and the proxy tells what came of it.
 *
 * <p>Its claim on the endpoint is released when the answer's last byte has been seen; where the answer's body is not sent
 * here, when the proxy's stream ends; and where the proxy closes that stream as soon as it has nothing more to ask, before
 * the answer has ended, after the duration that was learned for such requests.
 */
final class PickedExchange implements Conversation {
    private static final Duration BODY_WAIT = Duration.ofSeconds(5);
    private static final int MOST_PLACES = 16;
    private static final int PROGRESS = 16;
    /** A stream that ends so soon after our last word was not held open for the answer. */
    private static final long AT_ONCE = 100_000_000L;

    private final LiveState runtime;
    private final LiveState.Settings settings;
    private final PickerFront front;
    private final Head head;
    private final Api api;
    private final Optional<Set<String>> subset;
    private final Answers answers;
    private final boolean wantsUsage;
    private final long started = System.nanoTime();
    private final long number;
    private final String id;
    private final String clientId;
    private final HeaderMemo headers;
    private volatile DecisionLog.@Nullable Entry entry;

    private final Account account = new Account();
    private final @Nullable Trace trace;
    private volatile Trace.@Nullable Leg traced;

    private @Nullable Prepared request;
    private volatile @Nullable Admission admission;
    private @Nullable Charge claim;
    /** The claim, also when it has been given back. */
    private volatile @Nullable Charge chosen;

    private volatile @Nullable Consumer<Immediately> end;
    /** While it may be taken back. */
    private @Nullable Sheddable running;
    /** It was. */
    private volatile boolean cut;

    private boolean gone;
    private volatile @Nullable AnswerWatch watch;
    private volatile long lastWord;
    private volatile boolean headSeen;
    private boolean streams;
    private long firstAt;
    private long pickedAt;
    private long engineNanos;
    /** Its claim is held for a while longer; what it has cost is known after that. */
    private boolean held;

    private int counted = 1;
    private long reserved;
    /** Of its body, as {@link Poison} knows it; 0 where that was not seen. */
    private long fingerprint;

    private String poolName = "";
    private String model = "";
    private String adapter = "";
    private String endpointId = "";
    private volatile @Nullable Delegated split;
    private String destinations = "";
    private int predicted;
    private int attempts;
    private Usage usage = Usage.UNKNOWN;
    private LlmdRequest llmd = LlmdRequest.NONE;
    private volatile int status;
    private volatile String reason = "ok";

    PickedExchange(
            LiveState runtime,
            PickerFront front,
            Head head,
            Api api,
            Optional<Set<String>> subset,
            Answers answers,
            boolean wantsUsage)
            throws Immediately {
        this.runtime = runtime;
        this.settings = runtime.settings;
        this.front = front;
        this.head = head;
        this.api = api;
        this.subset = subset;
        this.answers = answers;
        this.wantsUsage = wantsUsage;
        this.number = runtime.ids.next();
        this.id = runtime.ids.text(number);
        this.clientId = head.header("x-request-id").filter(Exchange::sane).orElse("");
        this.headers = new HeaderMemo(head::header, !settings.tenants().open());
        this.trace = Tracing.begin(runtime.traces, started, head);
        runtime.inFlight.incrementAndGet();
        try {
            if (runtime.closed) {
                throw new Refused(GatewayError.DRAINING, "the gateway is shutting down", "draining", 1);
            }
            if (runtime.inFlight.get() > runtime.maxInFlight) {
                throw Refused.overloaded("the gateway is at its limit", "process_limit");
            }
            identify();
            if (head.header("content-encoding").isPresent()) {
                throw new Refused(GatewayError.UNSUPPORTED_ENCODING, "request bodies must not be compressed");
            }
        } catch (Refused refused) {
            Immediately now = refuse(refused);
            finish();
            // A proxy that then lets requests pass unasked would let in everybody: with tenants it is not left to it.
            boolean left = refused.error() == GatewayError.DRAINING
                    && settings.tenants().open();
            throw left ? now.whileStopping() : now;
        }
    }

    /** Who calls, before the body is asked for. */
    private void identify() throws Refused {
        if (settings.tenants().open()) {
            account.open();
        } else {
            account.identify(settings.tenants(), PickerFront.key(head));
        }
    }

    @Override
    public long bodyLimit() {
        return settings.bodyLimit();
    }

    @Override
    public boolean skipsAnswer() {
        return answers != Answers.NONE && !watches();
    }

    @Override
    public Immediately tooLarge() {
        return refuse(new Refused(
                GatewayError.REQUEST_TOO_LARGE, "the body is larger than " + settings.bodyLimit() + " bytes"));
    }

    @Override
    public Immediately tooSlow() {
        return refuse(new Refused(GatewayError.REQUEST_TIMEOUT, "the body stopped coming"));
    }

    @Override
    public void endBy(Consumer<Immediately> by) {
        end = by;
    }

    @Override
    public Picked pick(ByteBuffer body, Runnable patience) throws Immediately, InterruptedException {
        try {
            if (!runtime.budget.tryReserve(body.remaining(), BODY_WAIT)) {
                throw Refused.overloaded("there is no memory for this body now", "body_budget");
            }
            reserved(body.remaining());
            BodyScan scan = Prepared.scan(settings, api, body);
            fingerprint = runtime.poison.fingerprint(api.path(), body);
            if (runtime.poison.held(fingerprint)) {
                throw Refused.quarantined();
            }
            model = Prepared.model(scan, headers);
            Prepared prepared = placed(scan, patience);
            Delegated halves = split;
            EditedBody edited = halves == null ? prepared.body() : halves.body();
            boolean same = edited.length() == scan.length() && edited.slices().size() == 1;
            return picked(prepared, same ? null : edited.toBytes());
        } catch (Refused refused) {
            throw refuse(refused);
        }
    }

    private Prepared placed(BodyScan scan, Runnable patience) throws Refused, InterruptedException {
        Ways ways = Ways.of(settings, account.tenant(), scan, model, headers, runtime.ids.random(number, 0));
        while (true) {
            model = ways.model();
            try {
                Prepared.Led led = ways.lead();
                model = led.model();
                Prepared prepared = Prepared.of(settings, scan, model, led.target(), caller(), carriage(led.target()));
                if (!account.reserve(scan, prepared)) {
                    throw new InterruptedException("its client left");
                }
                place(prepared, patience);
                return prepared;
            } catch (Refused refused) {
                ways.closed(refused, false);
            }
        }
    }

    @Override
    public Picked pickUnseen(Runnable patience) throws Immediately, InterruptedException {
        try {
            if (account.tenant() != Tenant.EVERYBODY) {
                front.unseen();
                throw new Refused(
                        GatewayError.INTERNAL,
                        "The proxy does not show the gateway what is asked for, so nobody can say whether it is"
                                + " allowed.",
                        "body_not_sent",
                        0);
            }
            model = head.header("x-gateway-model-name").orElse("");
            RoutingTable.Target target = Prepared.target(settings, model);
            OptionalLong length = head.contentLength();
            Prepared prepared = Prepared.unseen(
                    target,
                    model,
                    api.path(),
                    (int) Math.clamp(length.orElse(0), 0, settings.bodyLimit()),
                    caller(),
                    carriage(target));
            place(prepared, patience);
            return picked(prepared, null);
        } catch (Refused refused) {
            throw refuse(refused);
        }
    }

    private Prepared.Caller caller() {
        return new Prepared.Caller(id, account.tenant(), headers, this::isGone, number);
    }

    private synchronized boolean isGone() {
        return gone;
    }

    private void reserved(long bytes) throws InterruptedException {
        synchronized (this) {
            if (!gone) {
                reserved = bytes;
                return;
            }
        }
        runtime.budget.release(bytes);
        throw new InterruptedException("its client left");
    }

    private boolean watches() {
        return wantsUsage && answers != Answers.NONE;
    }

    private Prepared.Carriage carriage(RoutingTable.Target target) {
        poolName = target.entry().pool().name();
        adapter = target.adapter(model) && !target.entry().models().isEmpty() ? model : "";
        if (llmd == LlmdRequest.NONE) {
            llmd = runtime.meters.llmd().begin(model, target.engineModel().orElse(model));
        }
        Optional<Set<String>> among = subset.map(named -> {
            Set<String> ids = new TreeSet<>();
            target.entry().pool().listed().forEach(endpoint -> {
                if (Addresses.byNumber(endpoint.address())
                        .filter(address -> Addresses.among(named, address))
                        .isPresent()) {
                    ids.add(endpoint.id());
                }
            });
            return ids;
        });
        return new Prepared.Carriage(watches(), among);
    }

    /** Waits for room, and decides; again where a destination's name can't be looked up. */
    private void place(Prepared prepared, Runnable patience) throws Refused, InterruptedException {
        LivePool pool = prepared.pool();
        Admission room = new Admission(pool);
        admission = room;
        if (isGone()) {
            room.leave();
        }
        if (!entered(room, prepared, patience)) {
            throw new InterruptedException("its client left while it waited");
        }
        try {
            Placer.Tried tried = new Placer.Tried();
            Ask ask = prepared.ask();
            while (attempts < MOST_PLACES) {
                attempts++;
                Placer.Placed placed = pool.place(ask, tried);
                room.used();
                Tracing.decided(trace, placed);
                runtime.meters.decision(placed.decideNanos());
                placed.decision()
                        .flatMap(Decision::fallback)
                        .ifPresent(cause -> runtime.meters.decisionFallback(cause.replace(' ', '_')));
                placed.decision().ifPresent(this::log);
                if (placed.charge().isEmpty()) {
                    llmd.unplaced();
                    throw Refused.unplaced(placed);
                }
                Charge charge = placed.charge().get();
                placed.decision().map(Decision::endpoint).ifPresent(llmd::placed);
                request = prepared;
                predicted = placed.predictedTokens();
                endpointId = charge.endpointId();
                destinations = destinations(placed);
                boolean whole = placed.prefill().isEmpty();
                if (!whole && !destinations.isEmpty() && !split(prepared, placed, charge)) {
                    ask = ask.whole();
                    continue;
                }
                if (whole && charge.fetchedTokens() > 0) {
                    fetching(prepared, placed);
                }
                if (!destinations.isEmpty()) {
                    runtime.traffic.accept(pool.name(), endpointId);
                    claimed(prepared, charge);
                    return;
                }
                placed.prefill().ifPresent(first -> prepared.settle(first, Outcome.CANCELLED, Usage.UNKNOWN));
                prepared.settle(charge, Outcome.UNREACHABLE, Usage.UNKNOWN, predicted, lane());
                attempted(Outcome.UNREACHABLE, Usage.UNKNOWN);
                tried.serving(endpointId);
            }
            throw new Refused(GatewayError.UPSTREAM_ERROR, "no engine's name could be looked up");
        } finally {
            room.used();
        }
    }

    private boolean entered(Admission room, Prepared prepared, Runnable patience) throws Refused, InterruptedException {
        long asked = trace == null ? 0 : System.nanoTime();
        try {
            return room.enter(prepared.ask(), (int) reserved, account.tenant(), lane(), patience);
        } finally {
            Tracing.waited(trace, asked, room);
        }
    }

    /** Finds out what the decode endpoint is to be sent; false when that can't be said, and then both claims are given back. */
    private boolean split(Prepared prepared, Placer.Placed placed, Charge charge) {
        try {
            Optional<Delegated> halves = Delegated.of(prepared, placed, id, runtime.ids.random(number, attempts));
            if (halves.isPresent()) {
                split = halves.get();
                runtime.traffic.accept(poolName, halves.get().prefillId());
                prepared.pool().handedOver(charge);
                return true;
            }
            runtime.meters.disaggregationFailure("no_params");
        } catch (RuntimeException wrong) {
            runtime.meters.pluginFault("connector", "connector", wrong);
            runtime.meters.disaggregationFailure("connector");
        }
        placed.prefill().ifPresent(first -> prepared.settle(first, Outcome.CANCELLED, Usage.UNKNOWN));
        prepared.settle(charge, Outcome.HANDOVER_FAILED, Usage.UNKNOWN);
        attempted(Outcome.HANDOVER_FAILED, Usage.UNKNOWN);
        return false;
    }

    /** Finds out what the endpoint is to be sent that fetches from another; when that can't be said, it computes. */
    private void fetching(Prepared prepared, Placer.Placed placed) {
        try {
            split = Delegated.fetching(prepared, placed, id, runtime.ids.random(number, attempts))
                    .orElse(null);
        } catch (RuntimeException wrong) {
            runtime.meters.pluginFault("connector", "connector", wrong);
        }
    }

    private String prefillId() {
        Delegated halves = split;
        return halves == null ? "" : halves.prefillId();
    }

    private static String destinations(Placer.Placed placed) {
        Decision decision = placed.decision().orElseThrow();
        StringBuilder text = new StringBuilder();
        for (int row : decision.rows()) {
            Optional<String> address = Addresses.byNumber(
                    decision.placement().snapshot().endpoint(row).address());
            if (address.isEmpty() && text.isEmpty()) {
                return "";
            }
            address.ifPresent(one -> text.append(text.isEmpty() ? "" : ",").append(one));
        }
        return text.toString();
    }

    private Picked picked(Prepared prepared, byte @Nullable [] body) {
        lastWord = System.nanoTime();
        return new Picked(destinations, change(prepared), body);
    }

    private void claimed(Prepared prepared, Charge charge) throws InterruptedException {
        if (trace != null) {
            Trace.Role role = prefillId().isEmpty() ? Trace.Role.GENERATE : Trace.Role.DECODE;
            traced = trace.leg(role, charge.endpointId(), attempts, predicted);
        }
        int priority = prepared.ask().request().priority();
        Sheddable mine = priority < 0 ? new Sheddable(priority, charge.endpointId(), this::takeBack) : null;
        if (mine != null) {
            prepared.pool().runs(mine);
        }
        synchronized (this) {
            if (!gone) {
                claim = charge;
                chosen = charge;
                running = mine;
                pickedAt = System.nanoTime();
                return;
            }
        }
        if (mine != null) {
            prepared.pool().ran(mine);
        }
        prepared.settle(charge, Outcome.CANCELLED, Usage.UNKNOWN, predicted, lane());
        endSplit(Outcome.CANCELLED);
        throw new InterruptedException("its client left");
    }

    /** From any thread: its place is needed for another one. */
    private void takeBack() {
        Consumer<Immediately> by = end;
        if (by != null) {
            // Who says it may not wait until what is being sent has been.
            Thread.ofVirtual().name("extproc-evict").start(() -> by.accept(evicted()));
        }
    }

    private Immediately evicted() {
        Admission room = admission;
        Refused refused = Refused.evicted(room == null ? 1 : room.retryAfter());
        return LlmdStatus.answer(refused, Dialects.of(api), id, clientId, account.tenant());
    }

    @Override
    public boolean cut(ChunkWatcher.Passage out) {
        AnswerWatch watching = watch;
        if (claim() == null || (watching != null && watching.over())) {
            return false;
        }
        cut = true;
        if (watching != null) {
            watching.stop(GatewayError.EVICTED, out);
        }
        return true;
    }

    /** It can't be taken back any more. */
    private void ran() {
        Prepared prepared = request;
        Sheddable mine;
        synchronized (this) {
            mine = running;
            running = null;
        }
        if (mine != null && prepared != null) {
            prepared.pool().ran(mine);
        }
    }

    private HeadChange change(Prepared prepared) {
        List<String> remove = new ArrayList<>();
        head.names(name -> {
            if (ReservedHeaders.reserved(name)) {
                remove.add(name);
            }
        });
        List<String> set = new ArrayList<>(List.of("x-request-id", id));
        Delegated halves = split;
        if (halves != null) {
            remove.removeAll(halves.headers().keySet());
            new TreeMap<>(halves.headers()).forEach((name, value) -> {
                set.add(name);
                set.add(value);
            });
        }
        Tracing.change(remove, set, traced);
        prepared.entry().limits().bearer().ifPresent(key -> {
            set.add("authorization");
            set.add("Bearer " + key);
        });
        return new HeadChange(remove, set, skipsAnswer());
    }

    private void log(Decision decision) {
        SplitCounts.of(decision, runtime.meters, llmd);
        DecisionLog.Entry logged = new DecisionLog.Entry(id, clientId, poolName, attempts, decision);
        Admission room = admission;
        if (room != null) {
            logged.waited(room.story());
        }
        runtime.decisions.add(logged);
        entry = logged;
    }

    private void released(String when) {
        DecisionLog.Entry logged = entry;
        if (logged != null) {
            logged.released(when);
        }
    }

    private void attempted(Outcome outcome, Usage cost) {
        runtime.meters.attempt(outcome.label());
        DecisionLog.Entry logged = entry;
        if (logged != null) {
            logged.ended(outcome.label(), cost);
        }
    }

    @Override
    public HeadChange answered(Head answer, Optional<String> served, boolean last) {
        status = answer.status();
        headSeen = true;
        served.ifPresent(this::served);
        String type = answer.header("content-type").orElse("");
        streams = type.startsWith("text/event-stream");
        if (status >= 400) {
            reason = "engine_" + status;
            Outcome outcome = EngineStatus.outcome(
                    status, type, answer.header("x-envoy-upstream-service-time").isPresent());
            settle(outcome, Usage.UNKNOWN, "with the engine's refusal");
            probe();
        } else if (watches() && !last) {
            Prepared prepared = request;
            watch = new AnswerWatch(
                    Dialects.of(api),
                    streams,
                    prepared != null && prepared.addUsage(),
                    prepared == null ? 0 : prepared.maxTokens());
            if (!streams) {
                ran(); // its engine is done with it
            }
        } else if (last || !streams) {
            // A whole answer's head comes when the engine is done with it.
            settle(Outcome.COMPLETED, Usage.UNKNOWN, "with the answer's head: its body was not sent here");
        }
        lastWord = System.nanoTime();
        return answerChange(answer);
    }

    private HeadChange answerChange(Head answer) {
        List<String> remove = new ArrayList<>();
        answer.names(name -> {
            if (name.startsWith("x-sluice-") || name.startsWith("x-inference-")) {
                remove.add(name);
            }
        });
        List<String> set = new ArrayList<>(List.of("x-sluice-id", id));
        if (!clientId.isEmpty()) {
            set.addAll(List.of("x-request-id", clientId));
        }
        if (account.tenant().limited()) {
            QuotaHeaders.each(account.tenant().quota().standing(), (name, value) -> set.addAll(List.of(name, value)));
        }
        Charge by = chosen;
        if (status >= 400) {
            set.addAll(List.of("x-sluice-error-source", "engine"));
        } else if (by != null) {
            PluginHeaders.of(by).addTo(set);
        }
        if (settings.debugHeaders()) {
            set.addAll(List.of("x-sluice-endpoint", endpointId, "x-sluice-decision", "pool=" + poolName));
            if (!prefillId().isEmpty()) {
                set.addAll(List.of("x-sluice-prefill-endpoint", prefillId()));
            }
        }
        return new HeadChange(remove, set, skipsAnswer());
    }

    private void probe() {
        if (status == 404) {
            runtime.probe.accept(poolName, endpointId);
        }
    }

    /** The proxy has used another of the endpoints than the first. */
    private void served(String address) {
        Prepared prepared = request;
        if (prepared == null) {
            return;
        }
        Charge mine;
        synchronized (this) {
            mine = claim;
        }
        if (mine == null) {
            return;
        }
        LivePool pool = prepared.pool();
        pool.listed().stream()
                .filter(endpoint -> Addresses.byNumber(endpoint.address())
                        .filter(address::equals)
                        .isPresent())
                .filter(endpoint -> !endpoint.id().equals(endpointId))
                .findFirst()
                .flatMap(endpoint -> pool.moved(mine, endpoint.id(), prepared.ask()))
                .ifPresent(moved -> {
                    synchronized (this) {
                        claim = moved;
                        chosen = moved;
                        endpointId = moved.endpointId();
                    }
                });
    }

    @Override
    public void answer(ByteBuffer piece, boolean last, ChunkWatcher.Passage out) {
        AnswerWatch watching = watch;
        if (watching == null) {
            if (piece.hasRemaining()) {
                out.pass(piece.position(), piece.limit());
            }
            if (last) {
                settle(Outcome.COMPLETED, Usage.UNKNOWN, "with the answer's last byte");
            }
            return;
        }
        watching.bytes(piece, last, out);
        tokens(watching);
        if (!last && !account.mayGoOn(watching.tokens())) {
            watching.stop(GatewayError.QUOTA_EXCEEDED, out);
        }
        if (last) {
            answered(watching);
        }
    }

    private void tokens(AnswerWatch watching) {
        Prepared prepared = request;
        Charge mine = claim();
        if (prepared == null || mine == null || !watching.firstToken()) {
            return;
        }
        if (firstAt == 0) {
            firstAt = System.nanoTime();
            Tracing.firstToken(traced);
            prepared.pool().firstToken(mine);
            Delegated halves = split;
            if (halves != null) {
                halves.begun();
            }
            lane().firstToken(firstAt - started);
            llmd.firstToken(firstAt - started, true);
        }
        int tokens = watching.tokens();
        account.generated(tokens);
        if (tokens - counted >= PROGRESS) {
            if (prepared.pool().progress(mine, tokens - counted)) {
                counted = tokens;
            }
        }
    }

    private synchronized @Nullable Charge claim() {
        return claim;
    }

    private void answered(AnswerWatch watching) {
        usage = watching.usage();
        long now = System.nanoTime();
        int tokens = Math.max(watching.tokens(), usage.outputTokens());
        if (firstAt == 0) {
            lane().firstToken(now - started);
            llmd.firstToken(now - started, false);
        } else if (tokens > 1 && watching.outcome() == Outcome.COMPLETED) {
            long each = (now - firstAt) / (tokens - 1);
            lane().perToken(each);
            llmd.perToken(each);
        }
        Prepared prepared = request;
        if (prepared != null && api == Api.RESPONSES && !watching.id().isEmpty()) {
            prepared.pool().responseMade(account.tenant().own(watching.id()), endpointId);
        }
        if (watching.stopped()) {
            reason = GatewayError.QUOTA_EXCEEDED.code();
        } else if (watching.outcome() != Outcome.COMPLETED) {
            reason = "upstream_cut";
        }
        settle(watching.outcome(), usage, "with the answer's last byte");
    }

    private void settle(Outcome outcome, Usage cost, String when) {
        Prepared prepared = request;
        Charge mine = take();
        if (prepared == null || mine == null) {
            return;
        }
        prepared.settle(mine, outcome, cost, predicted, lane());
        ran();
        endSplit(outcome);
        attempted(outcome, cost);
        served(outcome);
        released(when);
        if (fingerprint != 0 && outcome == Outcome.COMPLETED) {
            runtime.poison.survived(fingerprint);
        } else if (fingerprint != 0 && outcome == Outcome.FAILED && reason.equals("upstream_cut")) {
            runtime.poison.died(fingerprint, account.tenant().name(), endpointId);
        }
    }

    /** The engine has done with it. */
    private void served(Outcome outcome) {
        engineNanos = System.nanoTime() - pickedAt;
        Tracing.cost(traced, usage);
        Tracing.ended(traced, outcome);
        account.attempted(outcome);
        if (outcome == Outcome.COMPLETED && !watches()) {
            account.unseen();
        }
    }

    private void endSplit(Outcome outcome) {
        Delegated halves = split;
        if (halves != null) {
            halves.ended(outcome);
        }
    }

    private synchronized @Nullable Charge take() {
        Charge mine = claim;
        claim = null;
        return mine;
    }

    /** The time of a claim that was held is over. */
    void release(Charge mine) {
        Prepared prepared = request;
        if (prepared != null) {
            prepared.settle(mine, Outcome.COMPLETED, Usage.UNKNOWN, predicted, lane());
            endSplit(Outcome.COMPLETED);
            attempted(Outcome.COMPLETED, Usage.UNKNOWN);
            served(Outcome.COMPLETED);
        }
        bill();
    }

    @Override
    public void ended(boolean orderly) {
        synchronized (this) {
            gone = true;
        }
        Admission room = admission;
        if (room != null) {
            room.leave();
        }
        AnswerWatch watching = watch;
        if (cut && claim() != null) {
            tookBack(watching == null ? Usage.UNKNOWN : watching.usage());
        } else if (watches()) {
            boolean open = claim() != null;
            Usage so = watching == null ? Usage.UNKNOWN : watching.usage();
            if (open) {
                usage = so;
            }
            settle(Outcome.CANCELLED, so, "when the proxy's stream ended, before the answer did");
            if (open) {
                left(watching == null ? "waiting" : "stream");
            } else if (status == 0) {
                left("queue");
            }
        } else if (request != null && claim() != null) {
            unwatched(orderly);
        } else if (status == 0) {
            left("queue");
        }
        finish();
    }

    /** It has ended because its place was needed. */
    private void tookBack(Usage so) {
        usage = so;
        reason = GatewayError.EVICTED.code();
        if (!headSeen) {
            status = evicted().status();
        }
        settle(Outcome.EVICTED, so, "when its place was needed for a request of higher priority");
        Prepared prepared = request;
        if (prepared != null) {
            prepared.pool().tookBack(prepared.ask().request().priority());
        }
    }

    /** Nobody tells when the answer ends, unless the proxy has kept its stream open for it. */
    private void unwatched(boolean orderly) {
        boolean atOnce = System.nanoTime() - lastWord < AT_ONCE;
        if (!atOnce) {
            if (!orderly && !headSeen) {
                left("waiting");
            }
            settle(
                    orderly || headSeen ? Outcome.COMPLETED : Outcome.CANCELLED,
                    Usage.UNKNOWN,
                    "when the proxy's stream ended: the answer's body was not sent here");
            return;
        }
        Prepared prepared = request;
        Charge mine = take();
        if (prepared != null && mine != null) {
            ran();
            long nanos = prepared.pool().expectedNanos(mine);
            released("after the learned duration, " + nanos / 1_000_000
                    + " ms: the proxy closed its stream before the answer ended");
            held = true;
            front.hold(this, mine, nanos);
        }
    }

    private void left(String stage) {
        status = 499;
        reason = "cancelled";
        runtime.meters.cancelled(stage);
    }

    private void finish() {
        runtime.inFlight.decrementAndGet();
        long bytes;
        synchronized (this) {
            bytes = reserved;
            reserved = 0;
        }
        runtime.budget.release(bytes);
        headers.seal();
        Admission room = admission;
        if (room != null) {
            room.ended(usage);
        }
        if (!held) {
            bill();
        }
        long nanos = System.nanoTime() - started;
        int told = told();
        lane().ended(told, reason, nanos);
        llmd.ended(
                told,
                nanos,
                new LlmdRequest.End(bytes, -1, usage.promptTokens(), usage.cachedTokens(), usage.outputTokens()));
        if (settings.accessLog().on()) {
            settings.accessLog()
                    .line(new AccessLog.Line(
                            id,
                            clientId,
                            account.tenant().name(),
                            account.keyId(),
                            api.path(),
                            poolName,
                            model,
                            endpointId,
                            prefillId(),
                            attempts,
                            told,
                            reason,
                            nanos,
                            usage,
                            0,
                            0));
        }
    }

    /** What it has cost is known: it is settled, and written. */
    private void bill() {
        account.settle(usage);
        Trace mine = trace;
        if (mine != null) {
            traceEnded(mine);
        }
        UsageLog log = runtime.usage;
        if (log != null) {
            long prefillNanos = firstAt > 0 && !prefillId().isEmpty() ? firstAt - pickedAt : 0;
            log.line(account.line(
                    new Account.Trip(
                            id,
                            clientId,
                            api.path(),
                            poolName,
                            model,
                            adapter,
                            endpointId,
                            attempts,
                            prefillNanos,
                            engineNanos - prefillNanos,
                            told(),
                            reason),
                    usage));
        }
    }

    private void traceEnded(Trace mine) {
        Prepared prepared = request;
        mine.ended(new Trace.Summary(
                id,
                api.path(),
                account.tenant().name(),
                poolName,
                poolName.isEmpty() ? "" : model,
                told(),
                reason,
                Tracing.error(told(), reason),
                attempts,
                predicted,
                prepared == null ? 0 : prepared.maxTokens(),
                usage));
    }

    private int told() {
        return status == 0 ? 200 : status;
    }

    private Lane lane() {
        return runtime.meters.lane(poolName, account.tenant().name(), api.path());
    }

    private Immediately refuse(Refused refused) {
        Immediately now = LlmdStatus.answer(refused, Dialects.of(api), id, clientId, account.tenant());
        status = now.status();
        reason = refused.reason();
        return now;
    }
}
