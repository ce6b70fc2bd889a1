package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Outcome;
import dev.sluice.core.scan.Api;
import dev.sluice.gateway.http.ChunkWatcher;
import dev.sluice.gateway.http.ClientGone;
import dev.sluice.gateway.http.Relay;
import dev.sluice.gateway.http.UpstreamConnection;
import dev.sluice.gateway.http.UpstreamException;
import dev.sluice.gateway.stream.GarbledStream;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.stream.StreamWatcher;
import dev.sluice.gateway.stream.Verdict;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Relays one stream and ends it honestly. The 200 is kept back until the engine's first data event: a death before that
 * is tried elsewhere, and the client never knows; an error before that is answered as if it had come as a status. After it the stream is the client's: it ends with the engine's own
 * terminal marker, or with one error event and no marker.
 */
final class StreamRelay implements ChunkWatcher {
    /** What may come before the first data event: comments, and the event itself when it is long. */
    private static final int HELD = 2 << 20;
    /** The ledger hears of tokens in groups: its lock is not worth taking for each. */
    private static final int PROGRESS = 16;

    private final Leg leg;
    private final Exchange exchange;
    private final UpstreamConnection connection;
    private final Charge charge;
    private final StreamWatcher watcher;
    private long firstAt;
    private int counted = 1;

    StreamRelay(Leg leg, UpstreamConnection connection, Charge charge) {
        this.leg = leg;
        this.exchange = leg.exchange;
        this.connection = connection;
        this.charge = charge;
        this.watcher = new StreamWatcher(Dialects.of(exchange.api), leg.dropUsage).most(leg.maxTokens);
        Handed handed = leg.handed;
        if (handed != null) {
            watcher.promptUsage(handed::usage);
        }
    }

    Leg.Result run() throws IOException {
        HeldPassage held = new HeldPassage();
        while (!watcher.firstData()) {
            if (watcher.verdict() == Verdict.ENGINE_ERROR) {
                return leg.refused(watcher.errorCode(), watcher.errorData(), charge);
            } else if (watcher.verdict() != Verdict.OPEN) {
                return Leg.Result.failed(Outcome.FAILED, "the engine failed");
            }
            if (!connection.next(leg.limit(leg.entry.limits().firstByte()))) {
                watcher.onEnd(held);
                return Leg.Result.wasCut("the engine ended its stream before it began");
            }
            held.over(connection.data());
            watcher.onBytes(connection.data(), held);
            if (held.size() > HELD) {
                return Leg.Result.failed(Outcome.FAILED, "the engine's stream does not begin");
            }
        }
        begin(held);
        if (over()) {
            return end();
        }
        try {
            Relay.stream(
                    connection,
                    exchange.client,
                    this,
                    leg.limit(leg.entry.limits().idle()));
        } catch (CutShort ours) {
            return cut(Outcome.COMPLETED, ours.error());
        } catch (GarbledStream babbling) {
            return end();
        } catch (UpstreamException failure) {
            if (exchange.left()) {
                return cancelled();
            }
            watcher.broken();
            if (!watcher.verdict().needsCutEvent()) {
                return end();
            }
            if (exchange.evicted()) {
                return cut(Outcome.EVICTED, GatewayError.EVICTED);
            }
            boolean late = failure instanceof UpstreamException.UpstreamTimeout;
            Leg.Result result = cut(
                    late ? Outcome.TIMED_OUT : Outcome.FAILED,
                    late ? GatewayError.UPSTREAM_TIMEOUT : GatewayError.UPSTREAM_CUT);
            return late ? result : Leg.Result.brokeLate(Outcome.FAILED);
        } catch (ClientGone gone) {
            cancelled();
            throw gone;
        }
        return end();
    }

    private void begin(HeldPassage held) throws IOException {
        firstAt = System.nanoTime();
        if (leg.handed != null) {
            leg.handed.begun();
        }
        leg.firstToken();
        exchange.lane().firstToken(firstAt - exchange.started);
        exchange.llmd.firstToken(firstAt - exchange.started, true);
        exchange.ended(200, "ok");
        if (!exchange.committed()) {
            exchange.startStream(PluginHeaders.of(charge).addTo(exchange.responseHeaders("")));
        }
        exchange.client.write(held.bytes());
        if (leg.handed == null) {
            exchange.client.releaseBody(); // nothing is tried again any more
        }
    }

    @Override
    public void onBytes(ByteBuffer data, Passage out) throws IOException {
        watcher.onBytes(data, out);
        int tokens = watcher.tokens();
        if (tokens - counted >= PROGRESS) {
            if (leg.pool.progress(charge, tokens - counted)) {
                counted = tokens;
            }
            if (System.nanoTime() - exchange.started > leg.entry.limits().total()) {
                throw new CutShort(GatewayError.UPSTREAM_TIMEOUT);
            }
            if (!exchange.mayGoOn(tokens)) {
                throw new CutShort(GatewayError.QUOTA_EXCEEDED);
            }
        }
    }

    /** The engine gave its answer up: the client is told at once, whatever the engine's connection still does. */
    @Override
    public boolean over() {
        return watcher.verdict().needsCutEvent();
    }

    @Override
    public void onEnd(Passage out) throws IOException {
        watcher.onEnd(out);
    }

    private Leg.Result end() throws IOException {
        Verdict verdict = watcher.verdict();
        if (verdict == Verdict.COMPLETE) {
            int tokens = Math.max(watcher.tokens(), watcher.usage().completion());
            if (tokens > 1) {
                long each = (System.nanoTime() - firstAt) / (tokens - 1);
                exchange.lane().perToken(each);
                exchange.llmd.perToken(each);
            }
            if (exchange.api == Api.RESPONSES && !watcher.id().isEmpty()) {
                leg.pool.responseMade(exchange.tenant().own(watcher.id()), charge.endpointId());
            }
            settle(Outcome.COMPLETED);
            exchange.client.finish();
            return Leg.Result.done(Outcome.COMPLETED);
        }
        if (verdict == Verdict.ENGINE_ERROR) {
            settle(Outcome.FAILED);
            exchange.ended(200, "engine_error");
            exchange.client.abort();
            return Leg.Result.done(Outcome.FAILED);
        }
        return cut(Outcome.FAILED, GatewayError.UPSTREAM_CUT);
    }

    /** Tells the client that its stream ends too early: one error event, no marker, no final chunk. */
    private Leg.Result cut(Outcome outcome, GatewayError code) throws IOException {
        settle(outcome);
        exchange.ended(200, code.code());
        try {
            exchange.client.write(watcher.cutEvent(code, CutShort.words(code)));
            exchange.client.flush();
        } finally {
            exchange.client.abort();
        }
        return Leg.Result.done(outcome);
    }

    private void settle(Outcome outcome) {
        exchange.generated(watcher.tokens());
        leg.settle(outcome, Leg.usage(watcher.usage()));
    }

    private Leg.Result cancelled() {
        connection.abort();
        settle(Outcome.CANCELLED);
        exchange.runtime().meters.cancelled("stream");
        exchange.ended(499, "cancelled");
        exchange.client.abort();
        return Leg.Result.done(Outcome.CANCELLED);
    }
}
