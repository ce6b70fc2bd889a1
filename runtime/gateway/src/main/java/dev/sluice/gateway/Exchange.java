package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.gateway.http.ClientExchange;
import dev.sluice.gateway.http.ClientGone;
import dev.sluice.gateway.http.HeaderBlock;
import dev.sluice.gateway.http.RequestException;
import dev.sluice.gateway.http.UpstreamConnection;
import dev.sluice.gateway.metrics.LlmdRequest;
import dev.sluice.gateway.stream.Errors;
import dev.sluice.gateway.stream.GatewayError;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The way of one request: head, body, scan, route, admission, decision, leg, relay, settle. Plain blocking code on the
 * connection's virtual thread, top to bottom in {@link #serve}; everything that reaches it from outside comes through
 * {@link #clientLeft}.
 */
final class Exchange {
    static final String ANONYMOUS = "anonymous";
    private static final int BUDGETED_ATTEMPTS = 3;
    private static final int FREE_ATTEMPTS = 16;
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
    String endpointId = "";
    private String prefillId = "";
    private TwoLegs.Blame blame = TwoLegs.Blame.DECODE;
    Usage usage = Usage.UNKNOWN;
    LlmdRequest llmd = LlmdRequest.NONE;
    int attempts;

    Exchange(LiveState runtime, ClientExchange client, Api api) {
        this.runtime = runtime;
        this.settings = runtime.settings;
        this.client = client;
        this.api = api;
        this.number = runtime.ids.next();
        this.id = runtime.ids.text(number);
        this.headers = new HeaderMemo(client.head()::header);
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
            finished();
        }
    }

    private void serve() throws Refused, IOException, InterruptedException {
        clientId = client.head().header("x-request-id").filter(Exchange::sane).orElse("");
        if (runtime.draining) {
            client.closeAfter();
            if (runtime.closed) {
                throw new Refused(GatewayError.DRAINING, "the gateway is shutting down", "draining", 1);
            }
        }
        if (runtime.inFlight.get() > runtime.maxInFlight) {
            client.closeAfter();
            throw Refused.overloaded("the gateway is at its limit", "process_limit");
        }
        if (client.head().has("content-encoding")) {
            client.closeAfter();
            throw new Refused(GatewayError.UNSUPPORTED_ENCODING, "request bodies must not be compressed");
        }
        ByteBuffer body = client.readBody(settings.bodyLimit(), runtime.budget);
        BodyScan scan = Prepared.scan(settings, api, body);
        model = Prepared.model(scan, headers);
        RoutingTable.Target target = Prepared.target(settings, model);
        poolName = target.entry().pool().name();
        admission = new Admission(target.entry().pool());
        llmd = runtime.meters.llmd().begin(model, target.engineModel().orElse(model));
        client.onGone(this::clientLeft);
        place(Prepared.of(
                settings,
                scan,
                model,
                target,
                new Prepared.Caller(id, headers, client::finished, number),
                Prepared.Carriage.OURS));
    }

    /** Waits for room, and then makes attempts. */
    private void place(Prepared request) throws Refused, IOException, InterruptedException {
        LivePool pool = request.pool();
        Leg legs = new Leg(this, request);
        Admission room = admission;
        if (room == null) {
            throw new IllegalStateException("no admission");
        }
        if (!room.enter(request.body().length(), lane())) {
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
                    fail(last, failure);
                    return;
                }
                attempts++;
                placed.decision().map(Decision::endpoint).ifPresent(llmd::placed);
                blame = TwoLegs.Blame.DECODE;
                Leg.Result result = attempt(legs, placed, placed.charge().get(), tried, entry);
                if (result.done()) {
                    return;
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
                    broken++;
                }
                boolean again = free
                        ? attempts < FREE_ATTEMPTS
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

    private Leg.Result attempt(
            Leg legs, Placer.Placed placed, Charge charge, Placer.Tried tried, DecisionLog.@Nullable Entry entry)
            throws IOException, InterruptedException {
        endpointId = charge.endpointId();
        runtime.traffic.accept(legs.pool.name(), endpointId);
        Outcome outcome = Outcome.CANCELLED;
        try {
            Leg.Result result = placed.prefill().isPresent()
                    ? halves(legs, placed, placed.prefill().get(), charge, tried)
                    : alone(legs, placed, charge, tried);
            outcome = result.outcome();
            return result;
        } finally {
            runtime.meters.attempt(outcome.label());
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

    /** The leg that must be cut when the client leaves. */
    void leg(@Nullable UpstreamConnection current) {
        leg = current;
        if (left && current != null) {
            current.abort();
        }
    }

    /** The leg that computes the prompt for another; it is told when the client leaves. */
    void prefill(@Nullable PrefillLeg current) {
        prefill = current;
        if (left && current != null) {
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
        runtime.decisions.add(entry);
        return entry;
    }

    private void refuse(Refused refused) throws IOException {
        ended(refused.error().status(), refused.reason());
        if (client.started()) {
            client.abort();
            return;
        }
        HeaderBlock block = responseHeaders("gateway");
        block.add("content-type", "application/json");
        if (refused.retryAfterSeconds() > 0) {
            block.add("retry-after", Integer.toString(refused.retryAfterSeconds()));
        }
        client.respond(refused.error().status(), block, Errors.body(Dialects.of(api), refused.error(), refused.text()));
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
        return runtime.meters.lane(poolName, ANONYMOUS, api.path());
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

    /** A number from 0 up for an attempt, that nobody can guess. */
    long random(int attempt) {
        return runtime.ids.random(number, attempt);
    }

    /** Names the exchange to an engine: the same for both legs of an attempt, different for every attempt. */
    String engineRequestId(int attempt) {
        return attempt == 1 ? id : id + "." + attempt;
    }
}
