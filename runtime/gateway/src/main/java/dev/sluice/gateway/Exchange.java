package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BadBodyException;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.EditedBody;
import dev.sluice.core.scan.Edits;
import dev.sluice.gateway.config.SessionSource;
import dev.sluice.gateway.handover.Splittable;
import dev.sluice.gateway.http.ClientExchange;
import dev.sluice.gateway.http.ClientGone;
import dev.sluice.gateway.http.HeaderBlock;
import dev.sluice.gateway.http.RequestException;
import dev.sluice.gateway.http.UpstreamConnection;
import dev.sluice.gateway.stream.Errors;
import dev.sluice.gateway.stream.GatewayError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The way of one request: head, body, scan, route, admission, decision, leg, relay, settle. Plain blocking code on the
 * connection's virtual thread, top to bottom in {@link #serve}; everything that reaches it from outside comes through
 * {@link #clientLeft}.
 */
final class Exchange {
    static final String ANONYMOUS = "anonymous";
    private static final long QUEUE_WAIT_NS = 10_000_000_000L;
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
    private @Nullable Waiter waiter;
    private volatile @Nullable UpstreamConnection leg;
    private volatile @Nullable PrefillLeg prefill;
    private volatile boolean left;
    String endpointId = "";
    private String prefillId = "";
    Usage usage = Usage.UNKNOWN;
    int attempts;

    Exchange(LiveState runtime, ClientExchange client, Api api) {
        this.runtime = runtime;
        this.settings = runtime.settings;
        this.client = client;
        this.api = api;
        this.number = runtime.ids.next();
        this.id = runtime.ids.text(number);
        this.headers = new HeaderMemo(client.head());
    }

    void run() throws IOException, InterruptedException {
        runtime.inFlight.incrementAndGet();
        try {
            serve();
        } catch (Refused refused) {
            refuse(refused);
        } catch (RequestException bad) {
            client.closeAfter();
            refuse(new Refused(HotRoutes.error(bad.status()), String.valueOf(bad.getMessage())));
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
            throw overloaded("the gateway is at its limit", "process_limit");
        }
        if (client.head().has("content-encoding")) {
            client.closeAfter();
            throw new Refused(GatewayError.UNSUPPORTED_ENCODING, "request bodies must not be compressed");
        }
        ByteBuffer body = client.readBody(settings.bodyLimit(), runtime.budget);
        BodyScan scan;
        try {
            scan = settings.scanner().scan(api, body);
        } catch (BadBodyException bad) {
            throw new Refused(GatewayError.INVALID_REQUEST, String.valueOf(bad.getMessage()));
        }
        model = scan.model();
        RoutingTable.Target target = settings.table()
                .target(model)
                .orElseThrow(
                        () -> new Refused(GatewayError.MODEL_NOT_FOUND, "The model `" + model + "` does not exist."));
        poolName = target.entry().pool().name();
        client.onGone(this::clientLeft);
        place(scan, target);
    }

    /** Prepares what does not change between attempts, waits for room, and then makes attempts. */
    private void place(BodyScan scan, RoutingTable.Target target) throws Refused, IOException, InterruptedException {
        LivePool pool = target.entry().pool();
        boolean addUsage = scan.stream() && api.usageOnRequest() && !scan.includeUsage();
        EditedBody body = edits(scan, target, addUsage).apply();
        PromptHashes prompt = target.prompt(scan);
        Optional<Handovers> how = pool.handovers();
        LivePool.Ask ask = ask(scan, pool, prompt, allowed(scan, target, pool), how);
        Leg legs = new Leg(this, pool, target, ask, scan, body, addUsage, promptBytes(prompt));
        admit(pool, body.length());
        boolean admitted = true;
        try {
            LivePool.Tried tried = new LivePool.Tried();
            Leg.@Nullable Answer last = null;
            int budgeted = 0;
            int broken = 0;
            while (true) {
                LivePool.Placed placed = pool.place(ask, tried);
                if (admitted) {
                    admitted = false;
                    pool.admissionUsed();
                }
                placed.decision().ifPresent(this::log);
                runtime.meters.decision(placed.decideNanos());
                placed.decision().flatMap(Decision::fallback).ifPresent(runtime.meters::decisionFallback);
                if (placed.charge().isEmpty()) {
                    exhausted(last, placed, tried.serving());
                    return;
                }
                Charge charge = placed.charge().get();
                attempts++;
                endpointId = charge.endpointId();
                runtime.traffic.accept(pool.name(), endpointId);
                TwoLegs.Blame blame = TwoLegs.Blame.DECODE;
                Leg.Result result;
                if (placed.prefill().isPresent() && how.isPresent()) {
                    Charge first = placed.prefill().get();
                    runtime.traffic.accept(pool.name(), first.endpointId());
                    TwoLegs.Ended ended = new TwoLegs(this, legs, how.get(), () -> edits(scan, target, addUsage), tried)
                            .run(placed, first, charge, attempts);
                    result = ended.result();
                    blame = ended.blame();
                    if (blame != TwoLegs.Blame.DECODE) {
                        tried.prefilling().add(first.endpointId());
                    }
                } else {
                    result = legs.run(charge, attempts, placed.predictedTokens());
                }
                runtime.meters.attempt(label(result.outcome()));
                if (result.done()) {
                    return;
                }
                last = result.answer() == null ? last : result.answer();
                if (blame == TwoLegs.Blame.DECODE) {
                    tried.serving().add(endpointId);
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
                if (blame != TwoLegs.Blame.DECODE
                        && broken < BROKEN
                        && (!again || result.outcome() == Outcome.REJECTED)) {
                    // A leg that generates is owed in any case: it costs no more than what was asked for.
                    ask = ask.whole();
                    again = true;
                }
                if (!again
                        || System.nanoTime() - started > target.entry().limits().total()) {
                    fail(last, result);
                    return;
                }
            }
        } finally {
            if (admitted) {
                pool.admissionUsed();
            }
        }
    }

    /** What every leg of a request gets. */
    private static Edits edits(BodyScan scan, RoutingTable.Target target, boolean addUsage) {
        Edits edits = Edits.of(scan);
        target.engineModel().ifPresent(edits::model);
        if (addUsage) {
            edits.includeUsage();
        }
        return edits;
    }

    static String label(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }

    private LivePool.Ask ask(
            BodyScan scan, LivePool pool, PromptHashes prompt, Set<String> allowed, Optional<Handovers> how) {
        LivePool.Estimate estimate =
                pool.estimate(promptBytes(prompt), scan.maxTokens().orElse(0));
        LivePool.Asker who = new LivePool.Asker(
                id, ANONYMOUS, headers, session(scan), () -> client.finished() ? "" : scan.promptText(), number);
        boolean splittable = how.isPresent() && Splittable.is(scan, how.get().traits());
        return LivePool.Ask.of(who, scan, prompt, estimate, allowed, splittable);
    }

    static int promptBytes(PromptHashes prompt) {
        return Math.clamp(prompt.bytes(), 0, Integer.MAX_VALUE);
    }

    private Optional<String> session(BodyScan scan) {
        int bodyPath = 0;
        for (SessionSource source : settings.sessions()) {
            Optional<String> found = switch (source.kind()) {
                case HEADER -> headers.apply(source.name());
                case COOKIE -> headers.apply("cookie").flatMap(cookies -> cookie(cookies, source.name()));
                case BODY -> scan.session(bodyPath++);
            };
            if (found.isPresent() && !found.get().isEmpty() && found.get().length() <= 256) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> cookie(String cookies, String name) {
        for (String part : cookies.split(";", -1)) {
            String pair = part.strip();
            if (pair.startsWith(name + "=")) {
                return Optional.of(pair.substring(name.length() + 1));
            }
        }
        return Optional.empty();
    }

    /** A follow-up of a stored response goes to the endpoint that stored it. */
    private static Set<String> allowed(BodyScan scan, RoutingTable.Target target, LivePool pool) throws Refused {
        Optional<String> previous = scan.api() == Api.RESPONSES ? scan.previousResponseId() : Optional.empty();
        if (previous.isEmpty()) {
            return target.allowed();
        }
        String endpoint = pool.responseEndpoint(previous.get())
                .orElseThrow(() ->
                        new Refused(GatewayError.NOT_FOUND, "The response `" + previous.get() + "` does not exist."));
        return Set.of(endpoint);
    }

    private void admit(LivePool pool, int bytes) throws Refused, InterruptedException, IOException {
        Waiter mine = new Waiter(bytes, started + QUEUE_WAIT_NS, 0);
        waiter = mine;
        switch (pool.admit(mine)) {
            case AT_ONCE -> {}
            case REFUSED -> throw overloaded("all engines of this model are busy and the queue is full", "queue_full");
            case WAITS -> {
                if (left) {
                    pool.leave(mine);
                }
                boolean granted = mine.await();
                lane().queued(System.nanoTime() - started);
                if (left) {
                    if (granted) {
                        pool.admissionUsed();
                    }
                    runtime.meters.cancelled("queue");
                    throw new ClientGone("left while it waited");
                }
                if (!granted) {
                    throw overloaded("no engine of this model had room in time", "queue_timeout");
                }
            }
        }
        waiter = null;
    }

    /** From any thread: the client has left, so everything leaves. */
    private void clientLeft() {
        left = true;
        Waiter waiting = waiter;
        if (waiting != null) {
            settings.table().target(model).ifPresent(t -> t.entry().pool().leave(waiting));
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

    /** The leg that computes the prompt for another, and where; it is told when the client leaves. */
    void prefill(@Nullable PrefillLeg current, String endpoint) {
        prefill = current;
        if (!endpoint.isEmpty()) {
            prefillId = endpoint;
        }
        if (left && current != null) {
            current.leave();
        }
    }

    /** The endpoint that computed the prompt for another last; empty when none did. */
    String prefillId() {
        return prefillId;
    }

    /** Another endpoint than decided generates. */
    void moved(String endpoint) {
        attempts++;
        endpointId = endpoint;
    }

    private void exhausted(Leg.@Nullable Answer last, LivePool.Placed placed, Set<String> tried)
            throws Refused, IOException {
        if (last != null) {
            last.pass(this);
            return;
        }
        if (!tried.isEmpty()) {
            throw new Refused(GatewayError.UPSTREAM_ERROR, "the engines failed to answer", "attempts_exhausted", 0);
        }
        boolean saturated = placed.decision().isEmpty()
                || placed.decision().get().refusal().equals(Optional.of(Decision.Refusal.SATURATED));
        if (saturated) {
            throw overloaded("all engines of this model are busy", "saturated");
        }
        throw new Refused(GatewayError.NO_ENDPOINT, "no engine of this model is in service", "no_endpoint", 1);
    }

    private void fail(Leg.@Nullable Answer last, Leg.Result result) throws Refused, IOException {
        if (last != null) {
            last.pass(this);
            return;
        }
        switch (result.outcome()) {
            case TIMED_OUT -> throw new Refused(GatewayError.UPSTREAM_TIMEOUT, "the engine did not answer in time");
            case FAILED ->
                throw new Refused(
                        result.cut() ? GatewayError.UPSTREAM_CUT : GatewayError.UPSTREAM_ERROR, result.text());
            default -> throw new Refused(GatewayError.UPSTREAM_ERROR, "no engine could be reached");
        }
    }

    private static Refused overloaded(String message, String reason) {
        return new Refused(GatewayError.OVERLOADED, message, reason, 1);
    }

    private void log(Decision decision) {
        decision.disaggregation()
                .ifPresent(said -> runtime.meters.disaggregation(said.verdict().label()));
        runtime.decisions.add(
                new DecisionLog.Entry(id, clientId, poolName, attempts + 1, System.currentTimeMillis(), decision));
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
    private static boolean sane(String value) {
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
        settings.accessLog().line(this, clientId, poolName, status, reason, nanos);
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
