package dev.sluice.core;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Choice;
import dev.sluice.spi.Ending;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Observer;
import dev.sluice.spi.ResponseHeaders;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A charge as a policy's observers are told of it. Made by {@link #chosen}; {@link Pool} says the rest, where the charge
 * itself changes, so that observers hear of events in the order in which the ledger has them, and of each end once.
 *
 * <p>It outlives the decision by as long as the answer takes, so it keeps names and no snapshot.
 */
public final class Dispatch implements Choice {
    private final Policy policy;
    private final RoutingRequest request;
    private final Faults faults;
    private final Endpoint endpoint;
    private final Map<String, Endpoint> picked = new LinkedHashMap<>(2);
    private final int attempt;
    private final int cachedTokens;
    private final long at;
    private boolean begun;

    private Dispatch(Decision decision, Faults faults, int attempt, long at) {
        Placement placement = decision.placement();
        this.policy = decision.policy();
        this.request = placement.request();
        this.faults = faults;
        this.endpoint = decision.endpoint();
        this.attempt = attempt;
        this.cachedTokens = placement.cachedTokens(decision.prefillRow() < 0 ? decision.row() : decision.prefillRow());
        this.at = at;
        decision.picks()
                .forEach(pick -> picked.put(pick.profile(), placement.snapshot().endpoint(pick.row())));
    }

    /**
     * Tells the observers of the decision's policy that it has been charged. To be called where the charge was made, in the
     * same critical section.
     *
     * @param attempt 1 for the request's first
     */
    public static void chosen(Decision decision, Charge charge, Faults faults, int attempt, long now) {
        Policy policy = decision.policy();
        if (policy.observers().isEmpty() && policy.headerWriters().isEmpty()) {
            return;
        }
        Dispatch dispatch = new Dispatch(decision, faults, attempt, now);
        charge.dispatch = dispatch;
        if (policy.observers().isEmpty()) {
            return;
        }
        Candidates candidates = Scheduler.candidates(decision.placement());
        dispatch.tell(observer -> observer.chosen(dispatch.request, candidates, dispatch));
    }

    void began(long now) {
        if (!begun) {
            begun = true;
            tell(observer -> observer.began(request, this, now));
        }
    }

    void ended(Outcome outcome, Usage usage, long now) {
        if (outcome == Outcome.COMPLETED) {
            began(now);
        }
        Over over = new Over(outcome.kind(), now, usage);
        tell(observer -> observer.ended(request, this, over));
    }

    /** Asks the policy's writers for headers of the answer; what one wrote before it failed stands. */
    void writeHeaders(ResponseHeaders out) {
        for (Policy.Named<dev.sluice.spi.ResponseHeaderWriter> writer : policy.headerWriters()) {
            Calls.run(
                    faults,
                    "response-header-writer",
                    writer.name(),
                    () -> writer.part().write(request, this, out));
        }
    }

    private void tell(Telling telling) {
        for (Policy.Named<Observer> observer : policy.observers()) {
            Calls.run(faults, "observer", observer.name(), () -> telling.tell(observer.part()));
        }
    }

    @FunctionalInterface
    private interface Telling {
        void tell(Observer observer);
    }

    @Override
    public int attempt() {
        return attempt;
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public Optional<Endpoint> picked(String profile) {
        @Nullable Endpoint found = picked.get(profile);
        return Optional.ofNullable(found);
    }

    @Override
    public long at() {
        return at;
    }

    @Override
    public int cachedTokens() {
        return cachedTokens;
    }

    private record Over(Kind kind, long at, Usage usage) implements Ending {
        @Override
        public int promptTokens() {
            return usage.promptTokens();
        }

        @Override
        public int cachedTokens() {
            return usage.cachedTokens();
        }

        @Override
        public int outputTokens() {
            return usage.outputTokens();
        }
    }
}
