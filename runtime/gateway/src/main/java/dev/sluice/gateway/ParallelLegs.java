package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Leases;
import dev.sluice.core.Links;
import dev.sluice.core.Outcome;
import dev.sluice.core.scan.EditedBody;
import dev.sluice.gateway.handover.EngineAnswer;
import dev.sluice.gateway.handover.HandoverView;
import dev.sluice.gateway.http.ClientGone;
import dev.sluice.gateway.stream.JsonValues;
import dev.sluice.gateway.stream.PromptUsage;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Function;

/**
 * Both halves of a request at once: the decode engine waits for KV, or has it pushed, while the prefill engine computes. The
 * prefill leg has a thread of its own, which may outlive the exchange: a prefill whose decode has ended well is not cut, because
 * its engine may not have been told yet. One that fails cuts the decode leg, which would wait in vain.
 */
final class ParallelLegs {
    private final Exchange exchange;
    private final Leg whole;
    private final Handovers how;
    private final Function<dev.sluice.spi.Leg, EditedBody> bodies;

    ParallelLegs(Exchange exchange, Leg whole, Handovers how, Function<dev.sluice.spi.Leg, EditedBody> bodies) {
        this.exchange = exchange;
        this.whole = whole;
        this.how = how;
        this.bodies = bodies;
    }

    TwoLegs.Ended run(HandoverView view, Charge prefill, Charge decode, int predicted, int attempt)
            throws IOException, InterruptedException {
        dev.sluice.spi.Leg first = how.connector().prefill(view);
        Optional<dev.sluice.spi.Leg> second = how.connector().decode(view, Optional.empty());
        if (second.isEmpty()) {
            exchange.runtime().meters.disaggregationFailure("no_params");
            return new TwoLegs.Ended(
                    Leg.Result.failed(Outcome.UNREACHABLE, "the engine failed to answer"), TwoLegs.Blame.PREFILL);
        }
        Leases.Lease lease = how.leases.expect(how.traits().lease().toNanos());
        Handed handed = new Handed(
                bodies.apply(second.get()), second.get().headers(), () -> how.leases.end(lease, Leases.End.FETCHED));
        EditedBody body = bodies.apply(first);
        PrefillLeg leg = new PrefillLeg(whole, prefill);
        exchange.prefill(leg);
        whole.pool.handedOver(decode);
        Thread.ofVirtual().name("prefill").start(() -> prefill(leg, body, first, view, handed, decode, lease));
        boolean well = false;
        try {
            Leg.Result result = whole.with(handed).run(decode, attempt, predicted);
            well = result.done();
            return ended(result, handed, prefill, decode, lease);
        } catch (ClientGone gone) {
            how.leases.leave(lease);
            throw gone;
        } finally {
            if (!well) {
                leg.leave();
            }
            leg.awaitSent();
            exchange.prefill(null);
        }
    }

    private TwoLegs.Ended ended(Leg.Result result, Handed handed, Charge prefill, Charge decode, Leases.Lease lease) {
        if (result.done()) {
            return new TwoLegs.Ended(result, TwoLegs.Blame.DECODE);
        }
        how.leases.leave(lease);
        if (result.outcome() == Outcome.EVICTED) {
            return new TwoLegs.Ended(result, TwoLegs.Blame.DECODE);
        }
        if (handed.isPrefillFailed()) {
            return new TwoLegs.Ended(result, TwoLegs.Blame.PREFILL);
        }
        boolean untouched = result.outcome() == Outcome.UNREACHABLE || result.outcome() == Outcome.OVERLOADED;
        if (!untouched) {
            whole.pool.linkFailed(new Links.Ends(prefill.endpointId(), decode.endpointId()));
            how.forget(prefill.endpointId());
            exchange.runtime().meters.disaggregationFailure("handover");
        }
        return new TwoLegs.Ended(result, untouched ? TwoLegs.Blame.DECODE : TwoLegs.Blame.PAIR);
    }

    private void prefill(
            PrefillLeg leg,
            EditedBody body,
            dev.sluice.spi.Leg first,
            HandoverView view,
            Handed handed,
            Charge decode,
            Leases.Lease lease) {
        try {
            PrefillLeg.Answered answered = leg.run(body, first.headers(), view.id());
            if (answered.outcome() == Outcome.COMPLETED) {
                answered.answer().ifPresent(said -> computed(said, answered, handed, view));
                how.leases.pinned(lease);
                whole.pool.handedOver(decode);
            } else {
                if (answered.cut()) {
                    how.leases.cut(lease);
                }
                if (answered.outcome() != Outcome.CANCELLED) {
                    exchange.runtime()
                            .meters
                            .disaggregationFailure(
                                    "prefill_" + answered.outcome().label());
                }
                handed.prefillFailed();
            }
        } catch (InterruptedException stopped) {
            handed.prefillFailed();
            Thread.currentThread().interrupt();
        } catch (RuntimeException wrong) {
            handed.prefillFailed();
            throw wrong;
        }
    }

    private void computed(JsonValues said, PrefillLeg.Answered answered, Handed handed, HandoverView view) {
        handed.computed(
                PromptUsage.of(Dialects.of(exchange.api), said),
                answered.usage().cachedTokens());
        how.connector()
                .remember(new EngineAnswer(200, said))
                .ifPresent(json -> how.learned(view.prefill().id(), json));
    }
}
