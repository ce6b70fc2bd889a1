package dev.sluice.gateway;

import dev.sluice.core.Charge;
import dev.sluice.core.Decision;
import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;
import dev.sluice.core.scan.EditedBody;
import dev.sluice.gateway.handover.HandoverView;
import dev.sluice.gateway.handover.LegBody;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Leg;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request whose one leg somebody else's proxy carries, and in which another engine has a part: what stands before the engine
 * that serves is told by headers, and sees to it. The
 * claim on the endpoint that computes the prompt is given back once, with the first token of the answer or with its end.
 */
final class Delegated {
    private final Prepared request;
    private final Leg leg;
    private final String prefillId;
    private @Nullable Charge prefill;

    private Delegated(Prepared request, Leg leg, @Nullable Charge prefill) {
        this.request = request;
        this.leg = leg;
        this.prefillId = prefill == null ? "" : prefill.endpointId();
        this.prefill = prefill;
    }

    /** What the one endpoint is to be sent that fetches a beginning of the prompt from another; empty when nothing is. */
    static Optional<Delegated> fetching(Prepared request, Placer.Placed placed, String attempt, long random) {
        return request.halves()
                .flatMap(halves -> Fetching.leg(halves, placed.decision().orElseThrow(), attempt, random))
                .map(leg -> new Delegated(request, leg, null));
    }

    /**
     * What the decode endpoint is to be sent.
     *
     * @param attempt names it to the engines
     * @return empty when the connector can't say now; both claims are as they were
     */
    static Optional<Delegated> of(Prepared request, Placer.Placed placed, String attempt, long random) {
        Prepared.Halves halves = request.halves().orElseThrow();
        Decision decision = placed.decision().orElseThrow();
        Endpoint from = decision.placement().snapshot().endpoint(decision.prefillRow());
        HandoverView view = new HandoverView(
                new HandoverView.Ends(
                        attempt,
                        from,
                        decision.endpoint(),
                        Fetching.source(decision),
                        halves.how().known(from.id()),
                        random),
                halves.scan());
        Connector connector = halves.how().connector();
        if (!connector.order(view).equals(Optional.of(Connector.Order.DELEGATED))) {
            return Optional.empty();
        }
        return connector
                .decode(view, Optional.empty())
                .map(leg -> new Delegated(request, leg, placed.prefill().orElseThrow()));
    }

    /** Who computes the prompt; empty when the engine that serves does. */
    String prefillId() {
        return prefillId;
    }

    /** Headers that tell who computes the prompt. */
    Map<String, String> headers() {
        return leg.headers();
    }

    /** What the engine is sent. */
    EditedBody body() {
        Prepared.Halves halves = request.halves().orElseThrow();
        return leg.edits().isEmpty()
                ? request.body()
                : LegBody.of(halves.scan(), halves.edits().get(), leg);
    }

    /** The answer's first token is here. */
    void begun() {
        Charge mine = take();
        if (mine != null) {
            request.pool().firstToken(mine);
            request.settle(mine, Outcome.COMPLETED, Usage.UNKNOWN);
        }
    }

    /** The request has ended so. */
    void ended(Outcome outcome) {
        if (outcome == Outcome.COMPLETED) {
            begun();
            return;
        }
        Charge mine = take();
        if (mine != null) {
            request.settle(mine, Outcome.CANCELLED, Usage.UNKNOWN);
        }
    }

    private synchronized @Nullable Charge take() {
        Charge mine = prefill;
        prefill = null;
        return mine;
    }
}
