package dev.sluice.core;

/** Expected times of moving KV between endpoints, by their slots: an immutable picture of {@link Links}. */
final class LinkTable {
    static final LinkTable NONE = new LinkTable(new LinearFit.Line(0, 0), 0, new double[0][], new long[0][]);

    private final LinearFit.Line fleet;
    private final double handshakeMs;
    /**
     * By slot of the one that KV moves to and the one that it comes from: all that one may fetch from stand side by side. Negative while
     * two have not shaken hands; 0 for none.
     */
    private final double[][] factors;

    private final long[][] brokenUntil;
    /** The smallest factor of all; infinite when there is no pair. */
    private final double least;
    /** Until when some pair rests. */
    private final long restsUntil;

    /**
     * @param factors by slot of the receiver, then of the giver
     * @param brokenUntil in the same order
     */
    LinkTable(LinearFit.Line fleet, double handshakeMs, double[][] factors, long[][] brokenUntil) {
        this.fleet = fleet;
        this.handshakeMs = handshakeMs;
        this.factors = factors;
        this.brokenUntil = brokenUntil;
        double fastest = Double.POSITIVE_INFINITY;
        for (double[] row : factors) {
            for (double factor : row) {
                fastest = factor == 0 ? fastest : Math.min(fastest, Math.abs(factor));
            }
        }
        least = fastest;
        long latest = Long.MIN_VALUE;
        for (long[] row : brokenUntil) {
            for (long until : row) {
                latest = Math.max(latest, until);
            }
        }
        restsUntil = latest;
    }

    /** Ms to move so many tokens between the two that are nearest to each other; infinite when there are none. */
    double leastMs(double tokens) {
        return least < Double.POSITIVE_INFINITY ? least * fleet.at(Math.max(0, tokens)) : least;
    }

    /** Ms to move so many tokens; infinite when that can't be done at this time. */
    double ms(int from, int to, double tokens, long now) {
        if (to >= factors.length || from >= factors[to].length || factors[to][from] == 0) {
            return Double.POSITIVE_INFINITY;
        }
        if (now < restsUntil && now < brokenUntil[to][from]) {
            return Double.POSITIVE_INFINITY;
        }
        double factor = factors[to][from];
        return Math.abs(factor) * fleet.at(Math.max(0, tokens)) + (factor < 0 ? handshakeMs : 0);
    }
}
