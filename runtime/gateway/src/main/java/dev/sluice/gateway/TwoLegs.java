package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Leases;
import dev.sluice.core.Links;
import dev.sluice.core.Outcome;
import dev.sluice.core.Snapshot;
import dev.sluice.core.Usage;
import dev.sluice.core.scan.EditedBody;
import dev.sluice.gateway.handover.EngineAnswer;
import dev.sluice.gateway.handover.HandoverView;
import dev.sluice.gateway.handover.LegBody;
import dev.sluice.gateway.http.ClientGone;
import dev.sluice.gateway.stream.JsonValues;
import dev.sluice.gateway.stream.PromptUsage;
import dev.sluice.spi.Answer;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Endpoint;
import java.io.IOException;
import java.util.Optional;

/**
 * One attempt over two engines: one computes the prompt, the other generates from its KV. What each is sent is the connector's
 * affair; in what order, what happens when one fails, and that both claims are given back once, is ours.
 *
 * <p>Until the client has seen a byte every failure is returned, with whom to blame, and the exchange goes on without: with
 * another prefill endpoint, or with the decode endpoint alone. What a prefill has handed over is used for one decode leg that an
 * engine may have taken up, and never for a second: fetched twice it may be somebody else's by then.
 */
final class TwoLegs {
    private static final long ENOUGH_NS = 5_000_000_000L;
    private static final int MOVES = 3;

    private final Exchange exchange;
    private final Leg whole;
    private final Prepared.Halves halves;
    private final Handovers how;
    private final Placer.Tried tried;
    private final ReleaseLeg releases;

    /** Who is not to be tried again for this request. */
    enum Blame {
        /** The endpoint that computes the prompt; the other one was not asked. */
        PREFILL,
        /** The endpoint that generates. */
        DECODE,
        /** The two together, and the first of them in doubt. */
        PAIR,
        /** Nobody: a fetch from a third one, which is not made again. */
        FETCH
    }

    /**
     * How the attempt went.
     *
     * @param blame means nothing when the result is done
     */
    record Ended(Leg.Result result, Blame blame) {}

    TwoLegs(Exchange exchange, Leg whole, Prepared.Halves halves, Placer.Tried tried) {
        this.exchange = exchange;
        this.whole = whole;
        this.halves = halves;
        this.how = halves.how();
        this.tried = tried;
        this.releases = new ReleaseLeg(whole, halves);
    }

    /** Both halves and who does them. */
    private record Both(Charge prefill, Charge decode, int predicted, int attempt, HandoverView view) {
        Links.Ends ends() {
            return new Links.Ends(prefill.endpointId(), decode.endpointId());
        }
    }

    /** Makes the attempt; claims are settled whatever happens. */
    Ended run(Placer.Placed placed, Charge prefill, Charge decode, int attempt)
            throws IOException, InterruptedException {
        Decision decision = placed.decision().orElseThrow();
        Snapshot snapshot = decision.placement().snapshot();
        Endpoint from = snapshot.endpoint(decision.prefillRow());
        HandoverView view = new HandoverView(
                new HandoverView.Ends(
                        exchange.engineRequestId(attempt),
                        from,
                        decision.endpoint(),
                        Fetching.source(decision),
                        how.known(from.id()),
                        exchange.random(attempt)),
                halves.scan());
        Both both = new Both(prefill, decode, placed.predictedTokens(), attempt, view);
        try {
            Optional<Connector.Order> order = how.connector().order(view);
            return order.isEmpty()
                    ? unready("not_ready", Blame.PREFILL)
                    : switch (order.get()) {
                        case SERIAL -> serial(both);
                        case PARALLEL ->
                            new ParallelLegs(exchange, whole, how, this::body)
                                    .run(view, prefill, decode, placed.predictedTokens(), attempt);
                        case DELEGATED -> delegated(both);
                    };
        } catch (RuntimeException wrong) {
            // The connector's fault, or of what it was given: the request goes on without it.
            exchange.runtime().meters.pluginFault("connector", "connector", wrong);
            return unready("connector", Blame.PREFILL);
        } finally {
            settle(prefill, Outcome.CANCELLED);
            settle(decode, Outcome.HANDOVER_FAILED);
        }
    }

    private Ended unready(String cause, Blame blame) {
        exchange.runtime().meters.disaggregationFailure(cause);
        return new Ended(Leg.Result.failed(Outcome.UNREACHABLE, "the engine failed to answer"), blame);
    }

    private void settle(Charge charge, Outcome outcome) {
        if (!charge.released()) {
            whole.pool.settle(charge, outcome, Usage.UNKNOWN, 0, whole.request.promptBytes(), whole.request.ask());
        }
    }

    private EditedBody body(dev.sluice.spi.Leg leg) {
        return LegBody.of(halves.scan(), halves.edits().get(), leg);
    }

    private Ended serial(Both both) throws IOException, InterruptedException {
        dev.sluice.spi.Leg first = how.connector().prefill(both.view());
        Leases.Lease lease = how.leases.expect(how.traits().lease().toNanos());
        PrefillLeg leg = new PrefillLeg(whole, both.prefill());
        PrefillLeg.Answered answered;
        exchange.prefill(leg);
        try {
            answered = leg.run(body(first), first.headers(), both.view().id());
        } finally {
            exchange.prefill(null);
        }
        Optional<JsonValues> said = answered.answer();
        Optional<dev.sluice.spi.Leg> next = Optional.empty();
        if (said.isPresent()) {
            Answer answer = new EngineAnswer(200, said.get());
            how.connector()
                    .remember(answer)
                    .ifPresent(json -> how.learned(both.prefill().endpointId(), json));
            next = how.connector().decode(both.view(), Optional.of(answer));
            next.ifPresent(ready -> how.leases.pinned(lease));
        }
        if (exchange.left()) {
            release(both, answered, next, lease, Outcome.CANCELLED);
            exchange.runtime().meters.cancelled("prefill");
            throw new ClientGone("left while the prompt was computed");
        }
        if (exchange.evicted()) {
            release(both, answered, next, lease, Outcome.EVICTED);
            return new Ended(
                    Leg.Result.failed(Outcome.EVICTED, "the engine was needed for another request"), Blame.DECODE);
        }
        if (answered.outcome() != Outcome.COMPLETED) {
            if (answered.cut()) {
                how.leases.cut(lease);
            }
            exchange.runtime()
                    .meters
                    .disaggregationFailure("prefill_" + answered.outcome().label());
            return new Ended(
                    new Leg.Result(
                            answered.outcome(), false, null, false, answered.suspect(), "the engine failed to answer"),
                    Blame.PREFILL);
        }
        if (next.isEmpty()) {
            whole.pool.linkFailed(both.ends());
            return unready("no_params", Blame.PREFILL);
        }
        PromptUsage usage = PromptUsage.of(Dialects.of(exchange.api), said.orElseThrow());
        return decode(both, said.get(), next.get(), lease, usage, answered.usage());
    }

    /** It was given up while the prompt was computed: if it has been, the engine is told that nobody wants it. */
    private void release(
            Both both,
            PrefillLeg.Answered answered,
            Optional<dev.sluice.spi.Leg> next,
            Leases.Lease lease,
            Outcome outcome)
            throws InterruptedException {
        if (next.isPresent()) {
            releases.run(both.view(), next.get(), lease, both.decode().endpointId());
        } else if (answered.cut()) {
            how.leases.cut(lease);
        }
        settle(both.decode(), outcome);
    }

    /** The generating half; when its engine can't take it, another one gets what was computed. */
    private Ended decode(
            Both both, JsonValues said, dev.sluice.spi.Leg ready, Leases.Lease lease, PromptUsage usage, Usage counted)
            throws IOException, InterruptedException {
        Charge charge = both.decode();
        dev.sluice.spi.Leg next = ready;
        for (int move = 1; ; move++) {
            Handed handed = new Handed(body(next), next.headers(), () -> how.leases.end(lease, Leases.End.FETCHED));
            handed.computed(usage, counted.cachedTokens());
            whole.pool.handedOver(charge);
            Leg.Result result;
            try {
                result = whole.with(handed).run(charge, both.attempt(), both.predicted());
            } catch (ClientGone gone) {
                letGo(both, handed, next, lease, charge.endpointId());
                throw gone;
            }
            if (result.outcome() == Outcome.EVICTED) {
                letGo(both, handed, next, lease, charge.endpointId());
                return new Ended(result, Blame.DECODE);
            }
            if (result.done()) {
                if (result.outcome() == Outcome.REJECTED) {
                    releases.run(both.view(), next, lease, charge.endpointId());
                }
                return new Ended(result, Blame.DECODE);
            }
            boolean untouched = result.outcome() == Outcome.UNREACHABLE || result.outcome() == Outcome.OVERLOADED;
            if (!untouched) {
                how.leases.leave(lease);
                whole.pool.linkFailed(new Links.Ends(both.prefill().endpointId(), charge.endpointId()));
                how.forget(both.prefill().endpointId());
                exchange.runtime().meters.disaggregationFailure("handover");
                return new Ended(result, Blame.PAIR);
            }
            tried.serving(charge.endpointId());
            Optional<Charge> other = move < MOVES && how.traits().movable() && how.leases.lasts(lease, ENOUGH_NS)
                    ? whole.pool.placeHanded(whole.request.ask(), tried, both.prefill())
                    : Optional.empty();
            Optional<dev.sluice.spi.Leg> leg = other.flatMap(moved -> moved(both.view(), said, moved));
            if (leg.isEmpty()) {
                other.ifPresent(unused -> settle(unused, Outcome.HANDOVER_FAILED));
                how.leases.leave(lease);
                return new Ended(result, Blame.DECODE);
            }
            exchange.moved(other.get().endpointId());
            charge = other.get();
            next = leg.get();
        }
    }

    /** The decode engine tells the other one to free its blocks when its own request is cut, if it has come so far. */
    private void letGo(Both both, Handed handed, dev.sluice.spi.Leg next, Leases.Lease lease, String endpoint)
            throws InterruptedException {
        if (handed.isSent()) {
            how.leases.end(lease, Leases.End.RELEASED);
        } else {
            releases.run(both.view(), next, lease, endpoint);
        }
    }

    private Optional<dev.sluice.spi.Leg> moved(HandoverView view, JsonValues said, Charge to) {
        return whole.pool
                .endpoint(to.endpointId())
                .flatMap(endpoint ->
                        how.connector().decode(view.to(endpoint), Optional.of(new EngineAnswer(200, said))));
    }

    /** Somebody before the decode engine sees to the prefill: all that we know of it is when the answer begins. */
    private Ended delegated(Both both) throws IOException, InterruptedException {
        Optional<dev.sluice.spi.Leg> leg = how.connector().decode(both.view(), Optional.empty());
        if (leg.isEmpty()) {
            return unready("no_params", Blame.PREFILL);
        }
        Handed handed = new Handed(body(leg.get()), leg.get().headers(), () -> {
            whole.pool.firstToken(both.prefill());
            settle(both.prefill(), Outcome.COMPLETED);
        });
        whole.pool.handedOver(both.decode());
        Leg.Result result = whole.with(handed.trusted()).run(both.decode(), both.attempt(), both.predicted());
        return new Ended(result, result.outcome() == Outcome.UNREACHABLE ? Blame.DECODE : Blame.PAIR);
    }
}
