package dev.sluice.core;

/**
 * How far the approximate index may be believed for one endpoint. Predictions are scaled by the share of earlier ones
 * that the engine confirmed, and the number of blocks that the index keeps for the endpoint follows what the engine is
 * seen to keep: it shrinks when predicted blocks were gone and grows slowly while they are confirmed. An engine whose
 * cache was cut is therefore over-rated for tens of requests only, and one that grew is found out too.
 */
final class CacheTrust {
    private static final double FADE = 0.97;
    private static final double PRIOR = 200;
    private double predicted = PRIOR;
    private double reported = PRIOR;
    private double capacityTokens;

    CacheTrust(double capacityTokens) {
        this.capacityTokens = capacityTokens;
    }

    /** An engine's answer: what the index had said before scaling, and what the engine found. */
    void observe(int predictedTokens, int reportedTokens, double heldTokens, int blockSize) {
        if (predictedTokens <= 0) {
            return;
        }
        double confirmed = Math.min(reportedTokens, predictedTokens);
        predicted = predicted * FADE + predictedTokens;
        reported = reported * FADE + confirmed;
        if (predictedTokens - reportedTokens > 2 * blockSize) {
            double missed = (predictedTokens - confirmed) / predictedTokens;
            double base = Math.min(capacityTokens, Math.max(heldTokens, predictedTokens));
            capacityTokens = Math.max(4 * blockSize, base * (1 - 0.1 * missed));
        } else {
            capacityTokens *= 1.002;
        }
    }

    /** The engine said how large its cache is: an upper bound. */
    void bound(double tokens) {
        if (tokens > 0 && capacityTokens > tokens) {
            capacityTokens = tokens;
        }
    }

    /** The engine's cache is empty: it restarted. */
    void reset(double tokens) {
        predicted = PRIOR;
        reported = PRIOR;
        capacityTokens = tokens;
    }

    /** Factor for predictions, 0..1. */
    double factor() {
        return reported / predicted;
    }

    double capacityTokens() {
        return capacityTokens;
    }
}
