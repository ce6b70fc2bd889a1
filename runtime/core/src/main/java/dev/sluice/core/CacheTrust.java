package dev.sluice.core;

/**
 * How far the approximate index may be believed for one endpoint. Predictions are scaled by the share of earlier ones
 * that the engine confirmed. The number of tokens that the index keeps for the endpoint follows what the engine is seen to
 * keep, in small steps of equal size both ways: down when predicted tokens were gone, up when the engine had some that the
 * index had forgotten. It settles where both are equally common, which matters because the engine's cache also holds
 * answers and running requests, and forgets in a slightly other order. An engine whose cache was cut is over-rated for tens of
 * requests only, and one that grew is found out too.
 */
final class CacheTrust {
    private static final double FADE = 0.97;
    private static final double PRIOR = 200;
    private double predicted = PRIOR;
    private double reported = PRIOR;
    private static final double STEP = 0.03;
    private static final int MIN_BLOCKS = 64;
    private double capacityTokens;
    private double bound = 1e12;

    CacheTrust(double capacityTokens) {
        this.capacityTokens = capacityTokens;
    }

    /**
     * An engine's answer.
     *
     * @param predictedTokens what the index had said before scaling
     * @param reportedTokens what the engine found
     * @param heldTokens what the index keeps for the endpoint in total; NaN when unknown. An engine that has lost a part of
     *     it holds less than that, whatever it could hold at most
     */
    void observe(int predictedTokens, int reportedTokens, double heldTokens, int blockSize) {
        double common = Math.min(reportedTokens, predictedTokens);
        if (predictedTokens > 0) {
            predicted = predicted * FADE + predictedTokens;
            reported = reported * FADE + common;
        }
        if (predictedTokens - reportedTokens > 2 * blockSize) {
            double missed = (predictedTokens - common) / predictedTokens;
            double base = heldTokens > 0 ? Math.min(capacityTokens, heldTokens) : capacityTokens;
            capacityTokens = Math.max(MIN_BLOCKS * blockSize, base * (1 - STEP * missed));
        } else if (reportedTokens - predictedTokens > 2 * blockSize) {
            double surplus = (reportedTokens - common) / reportedTokens;
            capacityTokens = Math.min(bound, capacityTokens * (1 + STEP * surplus));
        }
    }

    /** The engine said how large its cache is: an upper bound. NaN when it did not say. */
    void bound(double tokens) {
        if (tokens > 0) {
            bound = tokens;
            capacityTokens = Math.min(capacityTokens, tokens);
        }
    }

    /** Factor for predictions, 0..1. */
    double factor() {
        return reported / predicted;
    }

    double capacityTokens() {
        return capacityTokens;
    }
}
