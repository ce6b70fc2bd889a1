package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.core.scan.EditedBody;
import dev.sluice.gateway.http.HeaderBlock;
import dev.sluice.gateway.http.ResponseHead;
import dev.sluice.gateway.http.UpstreamConnection;
import dev.sluice.gateway.http.UpstreamException;
import dev.sluice.gateway.http.UpstreamPool;
import dev.sluice.gateway.stream.AnswerInspector;
import dev.sluice.gateway.stream.JsonValues;
import dev.sluice.gateway.trace.Trace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The half of a request that computes its prompt: sent, awaited, read whole. Nothing of it goes to the client. Its charge is
 * settled exactly once.
 *
 * <p><b>A client that leaves</b> closes this leg, and the engine frees what it had, unless the answer has begun to arrive: from then
 * on the engine keeps the blocks until somebody fetches them, and only the answer says where they are. So then it is read to its
 * end, and whoever runs this leg has the blocks released. A cut that comes in the moment between is a race that can be lost; it
 * is told by {@link Answered#cut}.
 */
final class PrefillLeg {
    private static final long MOST = 1 << 20;

    private enum State {
        WAITING,
        ANSWERING,
        LEFT
    }

    private final Leg whole;
    private final Charge charge;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private final Trace.@Nullable Leg traced;
    private final CountDownLatch sent = new CountDownLatch(1);
    private volatile @Nullable UpstreamConnection connection;

    /**
     * How it went.
     *
     * @param outcome COMPLETED when the prompt has been computed
     * @param answer what the engine said; empty when it failed, or streamed
     * @param usage what it cost
     * @param cut it was closed, or broke, after the engine was sent it and before its answer was here
     * @param suspect the engine broke of it
     */
    record Answered(Outcome outcome, Optional<JsonValues> answer, Usage usage, boolean cut, boolean suspect) {
        static Answered failed(Outcome outcome) {
            return new Answered(outcome, Optional.empty(), Usage.UNKNOWN, false, false);
        }
    }

    PrefillLeg(Leg whole, Charge charge) {
        this.whole = whole;
        this.charge = charge;
        this.traced =
                whole.exchange.traced(true, charge.endpointId(), whole.exchange.attempts, charge.predictedTokens());
    }

    /** Makes the leg and settles its charge. Throws nothing that an engine does. */
    Answered run(EditedBody body, Map<String, String> headers, String requestId) throws InterruptedException {
        Answered how = Answered.failed(Outcome.FAILED);
        long began = System.nanoTime();
        try {
            how = connected(body, headers, requestId);
            return how;
        } finally {
            sent.countDown();
            whole.exchange.prefilled(System.nanoTime() - began);
            settle(how);
            Tracing.cost(traced, how.usage());
            Tracing.ended(traced, how.outcome());
        }
    }

    private Answered connected(EditedBody body, Map<String, String> headers, String requestId)
            throws InterruptedException {
        Optional<UpstreamPool> upstream = whole.pool.upstreams().of(charge.endpointId());
        if (upstream.isEmpty()) {
            return Answered.failed(Outcome.UNREACHABLE);
        }
        boolean fresh = false;
        while (true) {
            UpstreamConnection taken;
            try {
                taken = fresh ? upstream.get().takeFresh() : upstream.get().take();
            } catch (UpstreamException.ConnectFailed failed) {
                return Answered.failed(Outcome.UNREACHABLE);
            }
            connection = taken;
            if (state.get() == State.LEFT) {
                taken.abort();
            }
            try {
                return talk(taken, body, headers, requestId);
            } catch (UpstreamException.StaleConnection stale) {
                fresh = true;
            } catch (UpstreamException.UpstreamTimeout late) {
                return broken(Outcome.TIMED_OUT);
            } catch (IOException failure) {
                return broken(state.get() == State.LEFT ? Outcome.CANCELLED : Outcome.FAILED);
            } finally {
                connection = null;
                taken.release();
            }
        }
    }

    /** No answer came, or not all of it: when the engine was sent the leg, it may have computed it all the same. */
    private Answered broken(Outcome outcome) {
        return new Answered(outcome, Optional.empty(), Usage.UNKNOWN, sent.getCount() == 0, false);
    }

    private Answered talk(UpstreamConnection to, EditedBody body, Map<String, String> headers, String requestId)
            throws IOException {
        Exchange exchange = whole.exchange;
        HeaderBlock block = to.headers().clear();
        Tracing.copy(block, exchange.client.head(), traced);
        block.add("x-request-id", requestId);
        whole.entry.limits().bearer().ifPresent(key -> block.add("authorization", "Bearer " + key));
        headers.forEach(block::add);
        to.send("POST", exchange.api.path(), block, body.slices().toArray(ByteBuffer[]::new));
        sent.countDown();
        long began = System.nanoTime();
        ResponseHead head = to.readHead(whole.limit(whole.entry.limits().prefill()));
        state.compareAndSet(State.WAITING, State.ANSWERING);
        int status = head.status();
        long left = whole.entry.limits().prefill() - (System.nanoTime() - began);
        Optional<ByteBuffer> content = to.readAll(MOST, whole.limit(Math.max(left, 0)));
        if (status != 200) {
            return new Answered(outcome(status), Optional.empty(), Usage.UNKNOWN, false, status == 500);
        }
        if (head.eventStream()) {
            return new Answered(Outcome.COMPLETED, Optional.empty(), Usage.UNKNOWN, false, false);
        }
        return content.map(this::understood).orElseGet(() -> Answered.failed(Outcome.FAILED));
    }

    private static Outcome outcome(int status) {
        return switch (status) {
            case 429, 503 -> Outcome.OVERLOADED;
            case 401, 403, 408 -> Outcome.FAILED;
            default -> status >= 400 && status < 500 ? Outcome.REJECTED : Outcome.FAILED;
        };
    }

    /** An answer that was given up is none: its blocks are freed already. */
    private Answered understood(ByteBuffer content) {
        byte[] bytes = new byte[content.remaining()];
        content.get(content.position(), bytes);
        var said = AnswerInspector.inspect(Dialects.of(whole.exchange.api), ByteBuffer.wrap(bytes));
        return !said.json() || said.aborted() || said.error()
                ? Answered.failed(Outcome.FAILED)
                : new Answered(
                        Outcome.COMPLETED, Optional.of(new JsonValues(bytes)), Leg.usage(said.usage()), false, false);
    }

    private void settle(Answered how) {
        if (how.outcome() == Outcome.COMPLETED) {
            whole.pool.firstToken(charge);
        }
        whole.pool.settle(charge, how.outcome(), how.usage(), 0, whole.request.promptBytes(), whole.request.ask());
    }

    /** Waits until the request's bytes are not needed any more. */
    void awaitSent() throws InterruptedException {
        sent.await();
    }

    /** From any thread: the client has left, or nobody needs the prompt any more. */
    void leave() {
        UpstreamConnection current = connection;
        if (current != null && current.answered()) {
            return;
        }
        if (state.compareAndSet(State.WAITING, State.LEFT) && current != null) {
            current.abort();
        }
    }
}
