package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.gateway.config.TenantConfig;
import dev.sluice.gateway.http.ClientExchange;
import dev.sluice.gateway.http.ClientGone;
import dev.sluice.gateway.http.HeaderBlock;
import dev.sluice.gateway.http.RequestException;
import dev.sluice.gateway.http.UpstreamConnection;
import dev.sluice.gateway.metrics.LlmdRequest;
import dev.sluice.gateway.stream.Dialect;
import dev.sluice.gateway.stream.Errors;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.tenant.Tenant;
import dev.sluice.gateway.trace.Trace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The way of one request: head, body, scan, route, admission, decision, leg, relay, settle. Plain blocking code on the
 * connection's virtual thread, top to bottom in {@link #serve}; everything that reaches it from outside comes through
 * {@link #clientLeft}.
 */
final class Exchange {
    private static final byte[] COMMENT = ": starting\n\n".getBytes(StandardCharsets.UTF_8);
    private static final int BUDGETED_ATTEMPTS = 3;
    private static final int FREE_ATTEMPTS = 16;
    /** Longest wait for a search's news before unreachable endpoints are tried again. */
    private static final long CHANGE_NS = 500_000_000L;
    /** Engines that a request may break: what broke two of them is not shown to a third. */
    private static final int BROKEN = 2;

    private final LiveState runtime;
    private final LiveState.Settings settings;
    final ClientExchange client;
    final Api api;
    final long started = System.nanoTime();
    private final long number;
    final String id;
    private final HeaderMemo headers;
    private String clientId = "";
    private String poolName = "";
    String model = "";
    private int status;
    private String reason = "ok";
    private volatile @Nullable Admission admission;
    private volatile @Nullable UpstreamConnection leg;
    private volatile @Nullable PrefillLeg prefill;
    private volatile boolean left;
    /** Its place is needed for another one. */
    private volatile boolean evicted;

    String endpointId = "";
    private String prefillId = "";
    private TwoLegs.Blame blame = TwoLegs.Blame.DECODE;
    Usage usage = Usage.UNKNOWN;
    LlmdRequest llmd = LlmdRequest.NONE;
    int attempts;
    private final Account account = new Account();
    private long engineNanos;
    private long prefillNanos;
    private String adapter = "";
    private @Nullable Trace trace;
    private boolean splits;
    private int predicted;
    private int maxTokens;
    /** Of its body, as {@link Poison} knows it. */
    private long fingerprint;

    private boolean committed;

    Exchange(LiveState runtime, ClientExchange client, Api api) {
        this.runtime = runtime;
        this.settings = runtime.settings;
        this.client = client;
        this.api = api;
        this.number = runtime.ids.next();
        this.id = runtime.ids.text(number);
        this.headers = new HeaderMemo(client.head()::header, !settings.tenants().open());
    }

    void run() throws IOException, InterruptedException {
        runtime.inFlight.incrementAndGet();
        try {
            serve();
        } catch (Refused refused) {
            refuse(refused);
        } catch (RequestException bad) {
            client.closeAfter();
            GatewayError error = HotRoutes.error(bad.status());
            refuse(new Refused(error, String.valueOf(bad.getMessage()), "", error.status() == 503 ? 1 : 0));
        } catch (ClientGone gone) {
            ended(499, "cancelled");
            throw gone;
        } finally {
            runtime.inFlight.decrementAndGet();
            headers.seal();
            account.settle(usage);
            Admission room = admission;
            if (room != null) {
                room.ended(usage);
            }
            finished();
        }
    }

    private void serve() throws Refused, IOException, InterruptedException {
        clientId = client.head().header("x-request-id").filter(Exchange::sane).orElse("");
        trace = Tracing.begin(runtime.traces, started, client.head());
        if (runtime.draining) {
            client.closeAfter();
            if (runtime.closed && client.late()) {
                throw new Refused(GatewayError.DRAINING, "the gateway is shutting down", "draining", 1);
            }
        }
        if (runtime.inFlight.get() > runtime.maxInFlight) {
            client.closeAfter();
            throw Refused.overloaded("the gateway is at its limit", "process_limit");
        }
        identify();
        if (client.head().has("content-encoding")) {
            client.closeAfter();
            throw new Refused(GatewayError.UNSUPPORTED_ENCODING, "request bodies must not be compressed");
        }
        ByteBuffer body = client.readBody(settings.bodyLimit(), runtime.budget);
        fingerprint = runtime.poison.fingerprint(api.path(), body);
        BodyScan scan = Prepared.scan(settings, api, body);
        model = Prepared.model(scan, headers);
        if (runtime.poison.held(fingerprint)) {
            throw Refused.quarantined();
        }
        Ways ways = Ways.of(settings, account.tenant(), scan, model, headers, runtime.ids.random(number, 0));
        while (true) {
            model = ways.model();
            try {
                Prepared.Led led = ways.lead();
                model = led.model();
                place(scan, led.target());
                return;
            } catch (Refused refused) {
                ways.closed(refused, attempts > 0);
            }
        }
    }

    /** Who calls, before anything of the body is read. */
    private void identify() throws Refused {
        if (settings.tenants().open()) {
            account.open();
            return;
        }
        try {
            account.identify(settings.tenants(), Credentials.of(client.head()));
        } catch (Refused stranger) {
            client.closeAfter();
            throw stranger;
        }
    }

    private void place(BodyScan scan, RoutingTable.Target target) throws Refused, IOException, InterruptedException {
        poolName = target.entry().pool().name();
        adapter = target.adapter(model) && !target.entry().models().isEmpty() ? model : "";
        Admission room = new Admission(target.entry().pool());
        if (scan.stream() && Dialects.of(api) != Dialect.OTHER) {
            progress(room, target.entry().pool());
        }
        admission = room;
        if (llmd == LlmdRequest.NONE) {
            llmd = runtime.meters.llmd().begin(model, target.engineModel().orElse(model));
        }
        client.onGone(this::clientLeft);
        Prepared prepared = Prepared.of(
                settings,
                scan,
                model,
                target,
                new Prepared.Caller(id, account.tenant(), headers, client::bodyReleased, number),
                Prepared.Carriage.OURS);
        if (!account.reserve(scan, prepared)) {
            throw new IllegalStateException("a request that has ended already");
        }
        place(prepared);
    }

    /** Where it is asked for, a client that waits for a start is told that it does. */
    private void progress(Admission room, LivePool pool) {
        account.tenant()
                .route(model)
                .flatMap(TenantConfig.Route::progress)
                .or(() -> pool.waking().flatMap(Waking::progress))
                .ifPresent(each -> room.meanwhile(each.toNanos(), this::starting));
    }

    /** An SSE comment: it commits the status, and nothing else. */
    private void starting() {
        try {
            if (!committed) {
                committed = true;
                startStream(responseHeaders(""));
            }
            client.write(ByteBuffer.wrap(COMMENT));
            client.flush();
        } catch (IOException gone) {
            clientLeft();
        }
    }

    /** Begins the answer, if that has not been done yet to say that it will come. */
    void startStream(HeaderBlock block) throws IOException {
        block.add("content-type", "text/event-stream; charset=utf-8").add("cache-control", "no-cache");
        client.startStream(200, block);
    }

    /** Whether the client has been promised a stream before there was one. */
    boolean committed() {
        return committed;
    }

    /** Whether an answer with so many tokens may go on, by its tenant's quota. */
    boolean mayGoOn(int tokens) {
        return account.mayGoOn(tokens);
    }

    /** Tokens of an answer that were seen to pass. */
    void generated(int tokens) {
        account.generated(tokens);
    }

    /** An engine has computed the prompt for another for so long. */
    synchronized void prefilled(long nanos) {
        prefillNanos += nanos;
    }

    private synchronized void writeUsage(UsageLog log) {
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
                        status,
                        reason),
                usage));
    }

    /** Whose request it is. */
    Tenant tenant() {
        return account.tenant();
    }

    /** Waits for room, and then makes attempts. */
    private void place(Prepared request) throws Refused, IOException, InterruptedException {
        LivePool pool = request.pool();
        Leg legs = new Leg(this, request);
        Admission room = admission;
        if (room == null) {
            throw new IllegalStateException("no admission");
        }
        maxTokens = request.maxTokens();
        if (!entered(room, request)) {
            runtime.meters.cancelled("queue");
            throw new ClientGone("left while it waited");
        }
        try {
            Ask ask = request.ask();
            Placer.Tried tried = new Placer.Tried();
            Leg.@Nullable Answer last = null;
            Leg.@Nullable Result failure = null;
            int budgeted = 0;
            int broken = 0;
            while (true) {
                Placer.Placed placed = pool.place(ask, tried);
                room.used();
                Tracing.decided(trace, placed);
                DecisionLog.@Nullable Entry entry = placed.decision().isEmpty()
                        ? null
                        : log(placed.decision().get());
                runtime.meters.decision(placed.decideNanos());
                placed.decision()
                        .flatMap(Decision::fallback)
                        .ifPresent(cause -> runtime.meters.decisionFallback(cause.replace(' ', '_')));
                if (placed.charge().isEmpty()) {
                    llmd.unplaced();
                    if (failure == null) {
                        throw Refused.unplaced(placed);
                    }
                    if (failure.outcome() == Outcome.UNREACHABLE && comesBack(pool)) {
                        tried = new Placer.Tried();
                        continue;
                    }
                    fail(last, failure);
                    return;
                }
                attempts++;
                placed.decision().map(Decision::endpoint).ifPresent(llmd::placed);
                blame = TwoLegs.Blame.DECODE;
                if (placed.prefill().isEmpty() && placed.charge().get().fetchedTokens() == 0) {
                    placed = placed.withoutDecision();
                }
                Leg.Result result = attempt(legs, placed, placed.charge().get(), tried, entry);
                boolean held = result.died()
                        && runtime.poison.died(fingerprint, account.tenant().name(), endpointId);
                if (result.outcome() == Outcome.COMPLETED) {
                    runtime.poison.survived(fingerprint);
                }
                if (result.outcome() == Outcome.EVICTED || (evicted && !result.done())) {
                    pool.tookBack(ask.request().priority());
                }
                if (result.done()) {
                    return;
                }
                if (evicted) {
                    throw Refused.evicted(room.retryAfter());
                }
                last = result.answer() == null ? last : result.answer();
                failure = worse(failure, result);
                boolean served = blame == TwoLegs.Blame.DECODE;
                if (served) {
                    tried.serving(endpointId);
                } else if (blame != TwoLegs.Blame.FETCH) {
                    tried.prefilling(prefillId);
                }
                boolean free = result.outcome() == Outcome.UNREACHABLE;
                if (!free) {
                    budgeted++;
                }
                if (result.suspect()) {
                    broken = held ? BROKEN : broken + 1;
                }
                boolean again = free
                        ? attempts < FREE_ATTEMPTS || pool.waking().isPresent()
                        : broken < BROKEN && budgeted < BUDGETED_ATTEMPTS && pool.tryRetry();
                if (!served && broken < BROKEN && (!again || result.outcome() == Outcome.REJECTED)) {
                    // A leg that generates is owed in any case: it costs no more than what was asked for.
                    ask = ask.whole();
                    again = true;
                }
                if (!again
                        || System.nanoTime() - started
                                > request.entry().limits().total()) {
                    fail(last, failure);
                    return;
                }
            }
        } finally {
            room.used();
        }
    }

    private boolean entered(Admission room, Prepared request) throws Refused, InterruptedException {
        long asked = trace == null ? 0 : System.nanoTime();
        try {
            return room.enter(request.ask(), request.body().length(), account.tenant(), lane());
        } finally {
            Tracing.waited(trace, asked, room);
        }
    }

    /** A leg begins, of which a trace shall tell; null where none does. */
    Trace.@Nullable Leg traced(boolean prefill, String endpoint, int attempt, int predictedTokens) {
        Trace mine = trace;
        if (mine == null) {
            return null;
        }
        Trace.Role role = prefill ? Trace.Role.PREFILL : splits ? Trace.Role.DECODE : Trace.Role.GENERATE;
        return mine.leg(role, endpoint, attempt, predictedTokens);
    }

    /**
     * No endpoint could be reached, and none of them has seen the request. Where endpoints come and go by themselves that may be over
     * in a moment: what a search will say, or the next pod, is waited for.
     */
    private boolean comesBack(LivePool pool) throws InterruptedException {
        Optional<Waking> wakes = pool.waking();
        if (wakes.isEmpty() || left || System.nanoTime() - started > wakes.get().patience()) {
            return false;
        }
        wakes.get().ask();
        pool.awaitChange(CHANGE_NS);
        return !left;
    }

    private Leg.Result attempt(
            Leg legs, Placer.Placed placed, Charge charge, Placer.Tried tried, DecisionLog.@Nullable Entry entry)
            throws IOException, InterruptedException {
        endpointId = charge.endpointId();
        splits = placed.prefill().isPresent();
        predicted = placed.predictedTokens();
        runtime.traffic.accept(legs.pool.name(), endpointId);
        Outcome outcome = Outcome.CANCELLED;
        long began = System.nanoTime();
        int priority = legs.request.ask().request().priority();
        Sheddable mine = priority < 0 ? new Sheddable(priority, endpointId, this::takeBack) : null;
        if (mine != null) {
            legs.pool.runs(mine);
        }
        try {
            Leg.Result result = placed.prefill().isPresent()
                    ? halves(legs, placed, placed.prefill().get(), charge, tried)
                    : alone(legs, placed, charge, tried);
            outcome = result.outcome();
            return result;
        } finally {
            if (mine != null) {
                legs.pool.ran(mine);
            }
            engineNanos += System.nanoTime() - began;
            runtime.meters.attempt(outcome.label());
            account.attempted(outcome);
            if (entry != null) {
                entry.ended(outcome.label(), usage);
            }
        }
    }

    private Leg.Result alone(Leg legs, Placer.Placed placed, Charge charge, Placer.Tried tried)
            throws IOException, InterruptedException {
        if (charge.fetchedTokens() == 0) {
            return legs.run(charge, attempts, placed.predictedTokens());
        }
        Leg.Result result = new Fetching(this, legs, tried).run(placed, charge, attempts);
        blame = tried.computes() ? TwoLegs.Blame.FETCH : TwoLegs.Blame.DECODE;
        return result;
    }

    private Leg.Result halves(Leg legs, Placer.Placed placed, Charge first, Charge charge, Placer.Tried tried)
            throws IOException, InterruptedException {
        prefillId = first.endpointId();
        runtime.traffic.accept(legs.pool.name(), prefillId);
        TwoLegs.Ended ended = new TwoLegs(this, legs, legs.request.halves().orElseThrow(), tried)
                .run(placed, first, charge, attempts);
        blame = ended.blame();
        if (blame == TwoLegs.Blame.PREFILL && first.fetchedTokens() > 0) {
            new Fetching(this, legs, tried)
                    .failed(
                            placed.decision().orElseThrow(),
                            ended.result().outcome(),
                            ended.result().done());
        }
        return ended.result();
    }

    /** From any thread: the client has left, so everything leaves. */
    private void clientLeft() {
        left = true;
        Admission room = admission;
        if (room != null) {
            room.leave();
        }
        cut();
    }

    /** From any thread: its place is needed for another one, so its engine must stop. */
    private void takeBack() {
        evicted = true;
        cut();
    }

    private void cut() {
        UpstreamConnection current = leg;
        if (current != null) {
            current.abort();
        }
        PrefillLeg first = prefill;
        if (first != null) {
            first.leave();
        }
    }

    boolean left() {
        return left;
    }

    /** Whether its place is needed for another one, and its engine has been told to stop. */
    boolean evicted() {
        return evicted;
    }

    /** The leg that must be cut when the client leaves, or its place is needed. */
    void leg(@Nullable UpstreamConnection current) {
        leg = current;
        if ((left || evicted) && current != null) {
            current.abort();
        }
    }

    /** The leg that computes the prompt for another; it is told when the client leaves. */
    void prefill(@Nullable PrefillLeg current) {
        prefill = current;
        if ((left || evicted) && current != null) {
            current.leave();
        }
    }

    /** Another endpoint than decided generates. */
    void moved(String endpoint) {
        attempts++;
        endpointId = endpoint;
    }

    /** What is told of two attempts: that an engine failed rather than that one was not there or refused. */
    private static Leg.Result worse(Leg.@Nullable Result before, Leg.Result now) {
        return before == null || (now.answer() == null && now.outcome() != Outcome.UNREACHABLE) ? now : before;
    }

    /** All attempts are made. An engine's refusal passes only when no engine did worse. */
    private void fail(Leg.@Nullable Answer refusal, Leg.Result failure) throws Refused, IOException {
        switch (failure.outcome()) {
            case TIMED_OUT -> throw new Refused(GatewayError.UPSTREAM_TIMEOUT, "the engine did not answer in time");
            case FAILED ->
                throw new Refused(
                        failure.cut() ? GatewayError.UPSTREAM_CUT : GatewayError.UPSTREAM_ERROR, failure.text());
            default -> {
                if (refusal == null) {
                    throw new Refused(GatewayError.UPSTREAM_ERROR, "no engine could be reached");
                }
                refusal.pass(this);
            }
        }
    }

    private DecisionLog.Entry log(Decision decision) {
        SplitCounts.of(decision, runtime.meters, llmd);
        DecisionLog.Entry entry = new DecisionLog.Entry(id, clientId, poolName, attempts + 1, decision);
        Admission room = admission;
        if (room != null) {
            entry.waited(room.story());
        }
        runtime.decisions.add(entry);
        return entry;
    }

    private void refuse(Refused refused) throws IOException {
        ended(committed ? 200 : refused.error().status(), refused.reason());
        if (committed) {
            tell(refused.error(), refused.text());
            return;
        }
        if (client.started()) {
            client.abort();
            return;
        }
        HeaderBlock block = responseHeaders("gateway");
        block.add("content-type", "application/json");
        if (refused.retryAfterSeconds() > 0) {
            block.add("retry-after", Integer.toString(refused.retryAfterSeconds()));
        }
        if (refused.error() == GatewayError.INVALID_API_KEY) {
            block.add("www-authenticate", "Bearer");
        }
        client.respond(refused.error().status(), block, Errors.body(Dialects.of(api), refused.error(), refused.text()));
    }

    /** Ends a stream that was promised and does not come: one error event, no marker, no final chunk. */
    void tell(GatewayError error, String message) throws IOException {
        try {
            client.write(Errors.event(Dialects.of(api), error, message, 0));
            client.flush();
        } finally {
            client.abort();
        }
    }

    /** Headers that every response carries. */
    HeaderBlock responseHeaders(String source) {
        HeaderBlock block = client.headers().clear();
        block.add("x-sluice-id", id);
        if (!clientId.isEmpty()) {
            block.add("x-request-id", clientId);
        }
        if (!source.isEmpty()) {
            block.add("x-sluice-error-source", source);
        }
        if (account.tenant().limited()) {
            QuotaHeaders.add(account.tenant().quota().standing(), block);
        }
        if (settings.debugHeaders() && !endpointId.isEmpty()) {
            block.add("x-sluice-endpoint", endpointId);
            if (!prefillId.isEmpty()) {
                block.add("x-sluice-prefill-endpoint", prefillId);
            }
            block.add("x-sluice-decision", "pool=" + poolName + " attempt=" + attempts);
        }
        return block;
    }

    /** A client's own id counts when it is short and printable. */
    static boolean sane(String value) {
        if (value.isEmpty() || value.length() > 128) {
            return false;
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\') {
                return false;
            }
        }
        return true;
    }

    dev.sluice.gateway.metrics.Lane lane() {
        return runtime.meters.lane(poolName, account.tenant().name(), api.path());
    }

    LiveState runtime() {
        return runtime;
    }

    /** How it ended; the last word counts. */
    void ended(int newStatus, String newReason) {
        status = newStatus;
        reason = newReason;
    }

    private void finished() {
        long nanos = System.nanoTime() - started;
        Trace mine = trace;
        if (mine != null) {
            traceEnded(mine);
        }
        UsageLog log = runtime.usage;
        if (log != null) {
            writeUsage(log);
        }
        lane().ended(status, reason, nanos);
        llmd.ended(
                status,
                nanos,
                new LlmdRequest.End(
                        client.bytesIn(),
                        client.bytesOut(),
                        usage.promptTokens(),
                        usage.cachedTokens(),
                        usage.outputTokens()));
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
                            prefillId,
                            attempts,
                            status,
                            reason,
                            nanos,
                            usage,
                            client.bytesIn(),
                            client.bytesOut()));
        }
    }

    private void traceEnded(Trace mine) {
        mine.ended(new Trace.Summary(
                id,
                api.path(),
                account.tenant().name(),
                poolName,
                poolName.isEmpty() ? "" : model,
                status,
                reason,
                Tracing.error(status, reason),
                attempts,
                predicted,
                maxTokens,
                usage));
    }

    /** A number from 0 up for an attempt, that nobody can guess. */
    long random(int attempt) {
        return runtime.ids.random(number, attempt);
    }

    /** Names the exchange to an engine: the same for both legs of an attempt, different for every attempt. */
    String engineRequestId(int attempt) {
        return attempt == 1 ? id : id + "." + attempt;
    }
}
