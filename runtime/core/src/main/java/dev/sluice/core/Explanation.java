package dev.sluice.core;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Why an endpoint was chosen.
 *
 * @param requestId the exchange
 * @param policy name of the routing section
 * @param profiles profiles that ran
 * @param weights weight by scorer
 * @param candidates every endpoint of the pool
 * @param picked id of the endpoint chosen; empty when none was
 * @param runnerUp id of the next best; empty when there was none
 * @param counterfactual a change that would have made the runner-up win, proven by deciding again with it
 * @param abstained parts that had no vote, by name, and why
 * @param note refusal or fallback, in words; empty when there was none
 * @param waited why it waited for its place, and how long; empty when it did not
 * @param released when the endpoint was no longer charged for the request, where that was not with its answer; empty else
 * @param disaggregation what was decided about a second endpoint; empty when the policy has no say in that
 * @param pull what of the prompt is fetched from another endpoint; empty when nothing is
 */
public record Explanation(
        String requestId,
        String policy,
        List<String> profiles,
        Map<String, Double> weights,
        List<Candidate> candidates,
        String picked,
        String runnerUp,
        Optional<Counterfactual> counterfactual,
        Map<String, String> abstained,
        String note,
        String waited,
        String released,
        Optional<Disaggregation> disaggregation,
        Optional<Pull> pull) {
    /** One of a request that is released with its answer, by a policy that has no say in second endpoints. */
    public Explanation(
            String requestId,
            String policy,
            List<String> profiles,
            Map<String, Double> weights,
            List<Candidate> candidates,
            String picked,
            String runnerUp,
            Optional<Counterfactual> counterfactual,
            Map<String, String> abstained,
            String note) {
        this(
                requestId,
                policy,
                profiles,
                weights,
                candidates,
                picked,
                runnerUp,
                counterfactual,
                abstained,
                note,
                "",
                "",
                Optional.empty(),
                Optional.empty());
    }

    /** The same, which waited as these words say. */
    public Explanation waited(String words) {
        return with(words, released);
    }

    /** The same, released as these words say. */
    public Explanation released(String words) {
        return with(waited, words);
    }

    private Explanation with(String itsWait, String itsRelease) {
        return new Explanation(
                requestId,
                policy,
                profiles,
                weights,
                candidates,
                picked,
                runnerUp,
                counterfactual,
                abstained,
                note,
                itsWait,
                itsRelease,
                disaggregation,
                pull);
    }

    /**
     * Whether the prompt is computed elsewhere, and why.
     *
     * @param decision in a word, as in the metric
     * @param prefill id of the endpoint that computes the prompt; empty when the one that serves does
     * @param splitMs predicted cost with the best second endpoint, ms; NaN when it was not predicted
     * @param wholeMs predicted cost without one, ms; NaN when it was not predicted
     */
    public record Disaggregation(String decision, String prefill, double splitMs, double wholeMs) {}

    /**
     * A cached beginning of the prompt that the endpoint which computes it fetches from another.
     *
     * @param source id of the endpoint that holds it
     * @param to id of the endpoint that computes the prompt
     * @param tokens how many are fetched
     * @param ms predicted time to fetch them, ms
     * @param computeMs predicted time to compute them instead, ms
     */
    public record Pull(String source, String to, int tokens, double ms, double computeMs) {}

    /**
     * One endpoint in the decision.
     *
     * @param endpoint its id
     * @param state its state when the decision was made
     * @param removedBy the filter that removed it, or why it was not considered; empty when it was scored
     * @param total weighted sum of its scores; NaN when it was not scored
     * @param scores score by scorer; NaN where the scorer abstained
     * @param terms what the scorers say went into their scores
     * @param cachedTokens prompt tokens it was predicted to hold
     * @param pendingPrefillTokens prompt tokens it had yet to compute
     * @param cacheSource {@code told}: its engine says itself what it holds; {@code at-least}: it says so, and may hold more;
     *     {@code guessed}: by the approximate index
     */
    public record Candidate(
            String endpoint,
            String state,
            String removedBy,
            double total,
            Map<String, Double> scores,
            Map<String, Double> terms,
            double cachedTokens,
            double pendingPrefillTokens,
            String cacheSource) {}

    /**
     * A single change that turns the decision.
     *
     * @param endpoint whose number it is
     * @param signal which number
     * @param was its value
     * @param becomes the nearest value found that turns the decision
     * @param picked who would have been chosen then
     */
    public record Counterfactual(String endpoint, String signal, double was, double becomes, String picked) {}
}
