package dev.sluice.core;

/** Expected times of moving KV between endpoints, by their slots: an immutable picture of {@link Links}. */
final class LinkTable {
    static final LinkTable NONE = new LinkTable(new LinearFit.Line(0, 0), 0, new double[0][], new long[0][]);

    private final LinearFit.Line fleet;
    private final double handshakeMs;
    /** By slot of the one that computes and the one that generates; negative while they have not shaken hands; 0 for none. */
    private final double[][] factors;

    private final long[][] brokenUntil;

    LinkTable(LinearFit.Line fleet, double handshakeMs, double[][] factors, long[][] brokenUntil) {
        this.fleet = fleet;
        this.handshakeMs = handshakeMs;
        this.factors = factors;
        this.brokenUntil = brokenUntil;
    }

    /** Ms to move so many tokens; infinite when that can't be done at this time. */
    double ms(int from, int to, double tokens, long now) {
        if (from >= factors.length || to >= factors[from].length || factors[from][to] == 0) {
            return Double.POSITIVE_INFINITY;
        }
        if (now < brokenUntil[from][to]) {
            return Double.POSITIVE_INFINITY;
        }
        double factor = factors[from][to];
        return Math.abs(factor) * fleet.at(Math.max(0, tokens)) + (factor < 0 ? handshakeMs : 0);
    }
}
