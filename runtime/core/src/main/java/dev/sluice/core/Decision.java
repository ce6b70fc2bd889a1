package dev.sluice.core;

import dev.sluice.spi.Endpoint;
import java.util.List;
import java.util.Optional;

/**
 * Where a request goes. Keeps what it was made from, so that it can be explained later by making it again; until then an
 * explanation costs nothing.
 *
 * @param policy the policy that was in force
 * @param placement what the decision was made from
 * @param rows rows of the snapshot in order of preference; empty when there is no place
 * @param refusal why there is no place
 * @param fallback why the policy's own answer could not be used, or empty
 * @param votes what those parts answered that can't be asked again
 * @param picks what each profile picked that ran and found somebody, in order
 * @param disaggregation what was decided about a second endpoint; empty when the policy has no say in that
 * @param pull what the endpoint that computes the prompt fetches of it from another; empty when it computes all that it lacks
 */
public record Decision(
        Policy policy,
        Placement placement,
        int[] rows,
        Optional<Refusal> refusal,
        Optional<String> fallback,
        Votes votes,
        List<Pick> picks,
        Optional<Disaggregation> disaggregation,
        Optional<Pull> pull) {
    /** Copies the picks. */
    public Decision {
        picks = List.copyOf(picks);
    }

    /**
     * The first choice of one profile.
     *
     * @param profile its name
     * @param row of the snapshot
     */
    public record Pick(String profile, int row) {}

    /** A decision in which nothing is fetched. */
    public Decision(
            Policy policy,
            Placement placement,
            int[] rows,
            Optional<Refusal> refusal,
            Optional<String> fallback,
            Votes votes,
            List<Pick> picks,
            Optional<Disaggregation> disaggregation) {
        this(policy, placement, rows, refusal, fallback, votes, picks, disaggregation, Optional.empty());
    }

    /** A decision about one endpoint, in which no part was asked that can't be asked again. */
    public Decision(
            Policy policy, Placement placement, int[] rows, Optional<Refusal> refusal, Optional<String> fallback) {
        this(policy, placement, rows, refusal, fallback, Votes.NONE, List.of(), Optional.empty());
    }

    /** Why no endpoint was chosen. */
    public enum Refusal {
        /** No endpoint is in service. */
        NO_ENDPOINT,
        /** All endpoints in service have as many requests as they may have. */
        SATURATED,
        /** The policy's admission refused the request. */
        NOT_ADMITTED
    }

    /** The endpoint to use; only when there is no refusal. */
    public Endpoint endpoint() {
        return placement.snapshot().endpoint(rows[0]);
    }

    Decision with(Votes cast) {
        return cast == votes
                ? this
                : new Decision(policy, placement, rows, refusal, fallback, cast, picks, disaggregation, pull);
    }

    Decision with(Disaggregation said) {
        return new Decision(policy, placement, rows, refusal, fallback, votes, picks, Optional.of(said));
    }

    Decision with(Pull fetched) {
        return new Decision(
                policy, placement, rows, refusal, fallback, votes, picks, disaggregation, Optional.of(fetched));
    }

    /** Row of the endpoint that computes the prompt; only when there is no refusal. */
    public int computingRow() {
        return prefillRow() < 0 ? row() : prefillRow();
    }

    /** Prompt tokens that the endpoint which computes it fetches from another. */
    public int pulledTokens() {
        return pull.map(Pull::tokens).orElse(0);
    }

    /** Row of the endpoint that computes the prompt for the one that serves; -1 when that one does itself. */
    public int prefillRow() {
        return disaggregation.isPresent() ? disaggregation.get().prefillRow() : -1;
    }

    /** Row of that endpoint in the snapshot. */
    public int row() {
        return rows[0];
    }
}
