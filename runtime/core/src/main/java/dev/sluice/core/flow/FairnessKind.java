package dev.sluice.core.flow;

import java.time.Duration;

/** How turns are given to the flows of a band. */
public sealed interface FairnessKind {
    /** All flows are one: the first of all tickets by the band's order. llm-d's {@code global-strict-fairness-policy}. */
    record Strict() implements FairnessKind {}

    /** One request each, in turn, by name. llm-d's {@code round-robin-fairness-policy}. */
    record RoundRobin() implements FairnessKind {}

    /**
     * By weight, in predicted milliseconds of work: see {@link WorkShares}.
     *
     * @param saved how much of its share a flow may save up, work over weight
     */
    record Shares(Duration saved) implements FairnessKind {}

    /**
     * Whoever had least lately, and whose head waits longest: see {@link LeastAttained}. llm-d's {@code program-aware-fairness}.
     *
     * @param service weight of what a flow had
     * @param headWait weight of how long its first request waits
     * @param halfLife in which what it had counts half
     * @param forget after so long without a request
     */
    record LeastService(double service, double headWait, Duration halfLife, Duration forget) implements FairnessKind {}

    /** All flows are one. */
    FairnessKind STRICT = new Strict();
    /** One request each, in turn. */
    FairnessKind ROUND_ROBIN = new RoundRobin();
    /** By weight, in predicted work. */
    FairnessKind SHARES = new Shares(Duration.ofMillis(500));
}
