package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Links;
import dev.sluice.core.Outcome;
import dev.sluice.core.Pull;
import dev.sluice.core.Snapshot;
import dev.sluice.gateway.handover.HandoverView;
import dev.sluice.gateway.handover.LegBody;
import dev.sluice.spi.Endpoint;
import java.io.IOException;
import java.util.Optional;

/**
 * One attempt at one engine that is told to fetch a cached beginning of the prompt from another. An engine that can't fetch it
 * computes it, so all that may go wrong is that the request fails of it: then it is made once more without, at whichever engine
 * is best then, and the two rest.
 */
final class Fetching {
    private final Exchange exchange;
    private final Leg whole;
    private final Placer.Tried tried;

    Fetching(Exchange exchange, Leg whole, Placer.Tried tried) {
        this.exchange = exchange;
        this.whole = whole;
        this.tried = tried;
    }

    /** Who holds what is fetched in this decision. */
    static Optional<Endpoint> source(Decision decision) {
        return decision.pull().map(pull -> decision.placement().snapshot().endpoint(pull.source()));
    }

    /** What the engine of a request is told that is not split; empty when nothing is fetched, or it can't be told. */
    static Optional<dev.sluice.spi.Leg> leg(Prepared.Halves halves, Decision decision, String id, long random) {
        if (decision.pull().isEmpty() || decision.prefillRow() >= 0) {
            return Optional.empty();
        }
        Endpoint to = decision.endpoint();
        HandoverView view = new HandoverView(
                new HandoverView.Ends(id, to, to, source(decision), halves.how().known(to.id()), random),
                halves.scan());
        return halves.how().connector().pull(view);
    }

    /** Makes the attempt; as an ordinary one when there is nothing to tell. */
    Leg.Result run(Placer.Placed placed, Charge charge, int attempt) throws IOException, InterruptedException {
        Decision decision = placed.decision().orElseThrow();
        Optional<dev.sluice.spi.Leg> leg = told(decision, attempt);
        if (leg.isEmpty()) {
            return whole.run(charge, attempt, placed.predictedTokens());
        }
        Leg.Result result = fetch(leg.get(), charge, attempt, placed.predictedTokens());
        failed(decision, result.outcome(), result.done());
        return result;
    }

    private Leg.Result fetch(dev.sluice.spi.Leg leg, Charge charge, int attempt, int predicted)
            throws IOException, InterruptedException {
        Prepared.Halves halves = whole.request.halves().orElseThrow();
        Handed handed =
                new Handed(LegBody.of(halves.scan(), halves.edits().get(), leg), leg.headers(), () -> {}).trusted();
        return whole.with(handed).run(charge, attempt, predicted);
    }

    private Optional<dev.sluice.spi.Leg> told(Decision decision, int attempt) {
        Optional<Prepared.Halves> halves = whole.request.halves();
        try {
            return halves.flatMap(h -> leg(h, decision, exchange.engineRequestId(attempt), exchange.random(attempt)));
        } catch (RuntimeException wrong) {
            // The connector's fault: the prompt is computed.
            exchange.runtime().meters.pluginFault("connector", "connector", wrong);
            return Optional.empty();
        }
    }

    /** The engine that computes the prompt has failed with a fetch: nothing is fetched for this request any more. */
    void failed(Decision decision, Outcome outcome, boolean done) {
        boolean broke = outcome == Outcome.FAILED || outcome == Outcome.TIMED_OUT || outcome == Outcome.HANDOVER_FAILED;
        Optional<Pull> pull = decision.pull();
        if (done || !broke || pull.isEmpty()) {
            return;
        }
        tried.fetchedInVain();
        Snapshot snapshot = decision.placement().snapshot();
        whole.pool.fetchFailed(new Links.Ends(
                snapshot.endpoint(pull.get().source()).id(),
                snapshot.endpoint(pull.get().row()).id()));
    }
}
