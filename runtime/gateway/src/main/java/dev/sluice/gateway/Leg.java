package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.core.scan.Api;
import dev.sluice.gateway.http.ClientGone;
import dev.sluice.gateway.http.HeaderBlock;
import dev.sluice.gateway.http.ResponseHead;
import dev.sluice.gateway.http.UpstreamConnection;
import dev.sluice.gateway.http.UpstreamException;
import dev.sluice.gateway.http.UpstreamPool;
import dev.sluice.gateway.stream.AnswerInspector;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.trace.Trace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at one engine: send, wait, answer or say why not. Until the client has seen a byte of an answer a failure is
 * returned and may be tried elsewhere; afterwards it is told to the client and final. Whatever happens, the charge is
 * settled exactly once.
 */
final class Leg {
    /** Whole answers up to this size are held until complete, so that a cut one is never passed on. */
    private static final long HOLD = 1 << 20;
    /** A connection that was dead before the request was sent says so sooner; one that lived so long has brought it there. */
    private static final long STALE_NS = 100_000_000L;

    private static final String DIED = "the engine died";
    /** The same of an engine to which no new connection can be made either. */
    private static final long DIED_NS = 5_000_000L;

    final Exchange exchange;
    final Prepared request;
    final LivePool pool;
    final RoutingTable.PoolEntry entry;
    private final ByteBuffer[] body;
    final boolean dropUsage;
    final int maxTokens;
    /** What another engine did of this request before; null when this leg is all of it. */
    final @Nullable Handed handed;

    private @Nullable Charge charge;
    private int predicted;
    private Trace.@Nullable Leg traced;

    Leg(Exchange exchange, Prepared request) {
        this.exchange = exchange;
        this.request = request;
        this.pool = request.pool();
        this.entry = request.entry();
        this.body = request.body().slices().toArray(ByteBuffer[]::new);
        this.dropUsage = request.addUsage();
        this.maxTokens = request.maxTokens();
        this.handed = null;
    }

    private Leg(Leg whole, Handed handed) {
        this.exchange = whole.exchange;
        this.request = whole.request;
        this.pool = whole.pool;
        this.entry = whole.entry;
        this.body = handed.body;
        this.dropUsage = whole.dropUsage;
        this.maxTokens = whole.maxTokens;
        this.handed = handed;
    }

    /** The same request, of which this leg does the generating half only. */
    Leg with(Handed half) {
        return new Leg(this, half);
    }

    /**
     * How an attempt went.
     *
     * @param done the client has its answer, or has gone: nothing more is to be done
     * @param answer what the engine said when it refused; passed on if all refuse
     * @param cut the answer had begun and ended too early
     * @param suspect the engine broke while it had this request: one more try, and no third engine
     * @param text what went wrong, fit for the client
     */
    record Result(Outcome outcome, boolean done, @Nullable Answer answer, boolean cut, boolean suspect, String text) {
        /** The engine is dead, as far as can be seen from here. */
        boolean died() {
            return suspect && (cut || text.equals(DIED));
        }

        static Result broke(String text) {
            return new Result(Outcome.FAILED, false, null, false, true, text);
        }

        static Result done(Outcome outcome) {
            return new Result(outcome, true, null, false, false, "");
        }

        /** The engine broke before the client had anything. */
        static Result brokeEarly(String text) {
            return new Result(Outcome.FAILED, false, null, true, true, text);
        }

        /** The engine broke when the client had a part of its answer. */
        static Result brokeLate(Outcome outcome) {
            return new Result(outcome, true, null, true, true, "");
        }

        static Result failed(Outcome outcome, String text) {
            return new Result(outcome, false, null, false, false, text);
        }

        static Result wasCut(String text) {
            return new Result(Outcome.FAILED, false, null, true, false, text);
        }
    }

    /** An engine's refusal, kept while others are tried. */
    record Answer(int status, Optional<String> contentType, Optional<String> retryAfter, ByteBuffer content) {
        void pass(Exchange exchange) throws IOException {
            exchange.ended(exchange.committed() ? 200 : status, "engine_" + status);
            if (exchange.committed()) {
                exchange.tell(GatewayError.UPSTREAM_ERROR, "The engine answered with status " + status + ".");
                return;
            }
            HeaderBlock block = exchange.responseHeaders("engine");
            contentType.ifPresent(type -> block.add("content-type", type));
            if (status == 429 || status == 503) {
                block.add("retry-after", RetryAfter.seconds(retryAfter));
            }
            exchange.client.respond(status, block, content.duplicate());
        }
    }

    /** Makes the attempt. */
    Result run(Charge claim, int attempt, int predictedTokens) throws IOException, InterruptedException {
        charge = claim;
        predicted = predictedTokens;
        traced = exchange.traced(false, claim.endpointId(), attempt, predictedTokens);
        Result result = null;
        try {
            result = connected(claim, attempt);
            return result;
        } finally {
            exchange.leg(null);
            if (!claim.released()) {
                settle(result == null ? Outcome.CANCELLED : ending(result.outcome()), Usage.UNKNOWN);
            }
            Tracing.ended(traced, result == null ? Outcome.CANCELLED : result.outcome());
        }
    }

    /** An engine that fails with KV of another's may not be the one to blame. */
    private Outcome ending(Outcome outcome) {
        boolean broke = outcome == Outcome.FAILED || outcome == Outcome.TIMED_OUT;
        return handed != null && broke ? Outcome.HANDOVER_FAILED : outcome;
    }

    private Result connected(Charge claim, int attempt) throws IOException, InterruptedException {
        Optional<UpstreamPool> upstream = pool.upstreams().of(claim.endpointId());
        if (upstream.isEmpty()) {
            return Result.failed(Outcome.UNREACHABLE, "the engine has left");
        }
        boolean fresh = false;
        long lived = 0;
        while (true) {
            UpstreamConnection connection;
            try {
                connection = fresh ? upstream.get().takeFresh() : upstream.get().take();
            } catch (UpstreamException.ConnectFailed failed) {
                return lived > DIED_NS
                        ? Result.brokeEarly("the engine failed to answer")
                        : Result.failed(Outcome.UNREACHABLE, "no engine could be reached");
            }
            long sent = System.nanoTime();
            exchange.leg(connection);
            if (handed != null) {
                handed.over(connection);
            }
            try {
                return talk(connection, claim, attempt);
            } catch (UpstreamException.StaleConnection stale) {
                lived = System.nanoTime() - sent;
                if (lived > STALE_NS) {
                    return Result.brokeEarly("the engine failed to answer");
                }
                fresh = true;
            } catch (UpstreamException failure) {
                return failed(failure);
            } finally {
                exchange.leg(null);
                connection.release();
            }
        }
    }

    private Result failed(UpstreamException failure) throws ClientGone {
        if (exchange.evicted() && !exchange.left()) {
            return Result.failed(Outcome.EVICTED, "the engine was needed for another request");
        }
        if (handed != null && handed.isPrefillFailed()) {
            return Result.failed(Outcome.HANDOVER_FAILED, "the engine failed to answer");
        }
        if (exchange.left()) {
            exchange.runtime().meters.cancelled("waiting");
            throw new ClientGone("left while the engine computed");
        }
        return switch (failure) {
            case UpstreamException.UpstreamTimeout timeout ->
                Result.failed(Outcome.TIMED_OUT, "the engine did not answer in time");
            // It may have died of this.
            case UpstreamException.Cut cut -> Result.brokeEarly("the engine ended its answer too early");
            default -> Result.failed(Outcome.FAILED, "the engine failed to answer");
        };
    }

    private Result talk(UpstreamConnection connection, Charge claim, int attempt) throws IOException {
        HeaderBlock block = connection.headers().clear();
        Tracing.copy(block, exchange.client.head(), traced);
        block.add("x-request-id", exchange.engineRequestId(attempt));
        entry.limits().bearer().ifPresent(key -> block.add("authorization", "Bearer " + key));
        if (handed != null) {
            handed.headers.forEach(block::add);
        }
        connection.send("POST", exchange.api.path(), block, body);
        if (handed != null) {
            handed.sent();
        }
        ResponseHead head = connection.readHead(limit(entry.limits().firstByte()));
        int status = head.status();
        if (status == 200) {
            return head.eventStream() ? new StreamRelay(this, connection, claim).run() : whole(connection, head, claim);
        }
        return refusal(connection, head, status, claim);
    }

    /** The smaller of a limit and what is left of the exchange's total, at least 1 ms. */
    Duration limit(long nanos) {
        long left = exchange.started + entry.limits().total() - System.nanoTime();
        return Duration.ofNanos(Math.max(1_000_000, Math.min(nanos, left)));
    }

    private Result refusal(UpstreamConnection connection, ResponseHead head, int status, Charge claim)
            throws IOException {
        Optional<String> type = head.header("content-type");
        Optional<String> retryAfter = head.header("retry-after");
        Optional<ByteBuffer> content =
                connection.readAll(HOLD, limit(entry.limits().idle()));
        if (content.isEmpty()) {
            return Result.failed(Outcome.FAILED, "the engine's error is too long");
        }
        return refused(new Answer(status, type, retryAfter, copy(content.get())), claim);
    }

    /** An error in the place of a stream's first event: the same as a status with that body. */
    Result refused(int status, ByteBuffer content, Charge claim) throws IOException {
        if (status < 400 || status > 599) {
            return Result.failed(Outcome.FAILED, "the engine failed");
        }
        return refused(new Answer(status, Optional.of("application/json"), Optional.empty(), content), claim);
    }

    private Result refused(Answer answer, Charge claim) throws IOException {
        return switch (answer.status()) {
            case 401, 403 -> Result.failed(Outcome.FAILED, "the engine refused the gateway's credential");
            case 429, 503 -> new Result(Outcome.OVERLOADED, false, answer, false, false, "the engine is overloaded");
            case 500 -> Result.broke(coreDied(answer) ? DIED : "the engine failed");
            default -> {
                if (answer.status() < 400 || answer.status() >= 500 || answer.status() == 408) {
                    yield Result.failed(Outcome.FAILED, "the engine failed");
                }
                settle(Outcome.REJECTED, Usage.UNKNOWN);
                if (answer.status() == 404) {
                    exchange.runtime().probe.accept(pool.name(), claim.endpointId());
                }
                answer.pass(exchange);
                yield Result.done(Outcome.REJECTED);
            }
        };
    }

    /** vLLM's server says so of its engine process before it ends itself. */
    private static boolean coreDied(Answer answer) {
        return StandardCharsets.UTF_8
                .decode(answer.content().duplicate())
                .toString()
                .contains("EngineCore");
    }

    private static ByteBuffer copy(ByteBuffer from) {
        return ByteBuffer.allocate(from.remaining()).put(from.duplicate()).flip();
    }

    /** A whole answer: held until complete, then passed with its own length; a longer one is passed on as it comes. */
    private Result whole(UpstreamConnection connection, ResponseHead head, Charge claim) throws IOException {
        if (exchange.committed()) {
            return Result.failed(Outcome.FAILED, "the engine did not answer with a stream");
        }
        PluginHeaders added = PluginHeaders.of(claim);
        HeaderBlock block = added.addTo(exchange.responseHeaders(""))
                .copyAll(head, (h, i) -> ReservedHeaders.returns(h, i) && !added.replaces(h, i));
        long length = head.contentLength();
        Optional<ByteBuffer> content =
                connection.readAll(HOLD, limit(entry.limits().firstByte()));
        if (content.isEmpty()) {
            return passLong(connection, block, length);
        }
        ByteBuffer answer = content.get();
        dev.sluice.gateway.stream.Answer said = AnswerInspector.inspect(Dialects.of(exchange.api), answer);
        if (!said.json()) {
            return Result.failed(Outcome.FAILED, "the engine's answer is not JSON");
        }
        if (said.aborted()) {
            return Result.wasCut("the engine ended its answer too early");
        }
        if (exchange.api == Api.RESPONSES && !said.id().isEmpty()) {
            pool.responseMade(exchange.tenant().own(said.id()), claim.endpointId());
        }
        if (handed != null) {
            handed.begun();
        }
        settle(Outcome.COMPLETED, usage(said.usage()));
        long first = System.nanoTime() - exchange.started;
        exchange.lane().firstToken(first);
        exchange.llmd.firstToken(first, false);
        exchange.ended(200, "ok");
        exchange.client.respond(200, block, handed == null ? answer : handed.corrected(answer));
        return Result.done(Outcome.COMPLETED);
    }

    private Result passLong(UpstreamConnection connection, HeaderBlock block, long length) throws IOException {
        if (handed != null) {
            handed.begun();
        }
        exchange.ended(200, "ok");
        if (length >= 0) {
            exchange.client.startStream(200, block, length);
        } else {
            exchange.client.startStream(200, block);
        }
        try {
            exchange.client.write(connection.overflow());
            while (connection.next(limit(entry.limits().idle()))) {
                exchange.client.write(connection.data());
            }
        } catch (UpstreamException failure) {
            boolean evicted = exchange.evicted() && !exchange.left();
            exchange.ended(200, evicted ? GatewayError.EVICTED.code() : "upstream_cut");
            exchange.client.abort();
            settle(exchange.left() ? Outcome.CANCELLED : evicted ? Outcome.EVICTED : Outcome.FAILED, Usage.UNKNOWN);
            return Result.done(evicted ? Outcome.EVICTED : Outcome.FAILED);
        }
        settle(Outcome.COMPLETED, Usage.UNKNOWN);
        exchange.client.finish();
        return Result.done(Outcome.COMPLETED);
    }

    /** The first token of its answer is here. */
    void firstToken() {
        pool.firstToken(charge());
        Tracing.firstToken(traced);
    }

    private Charge charge() {
        Charge claim = charge;
        if (claim == null) {
            throw new IllegalStateException("a leg that has not begun");
        }
        return claim;
    }

    static Usage usage(dev.sluice.gateway.stream.Usage said) {
        return new Usage(said.prompt(), said.cached(), said.completion());
    }

    /** Settles the charge and counts what the engine reported. */
    void settle(Outcome outcome, Usage usage) {
        Charge claim = charge;
        if (claim == null || claim.released()) {
            return;
        }
        request.settle(claim, outcome, usage);
        Tracing.cost(traced, usage);
        Usage counted = handed == null ? usage : handed.counted(usage);
        request.count(outcome, counted, predicted, exchange.lane());
        exchange.usage = counted;
    }
}
