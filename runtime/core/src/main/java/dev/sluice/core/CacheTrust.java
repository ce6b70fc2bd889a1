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
    private static final double CUT = 0.1;
    private static final double GROWTH = 1.002;
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
        if (predictedTokens <= 0) {
            return;
        }
        double confirmed = Math.min(reportedTokens, predictedTokens);
        predicted = predicted * FADE + predictedTokens;
        reported = reported * FADE + confirmed;
        if (predictedTokens - reportedTokens > 2 * blockSize) {
            double missed = (predictedTokens - confirmed) / predictedTokens;
            double base = heldTokens > 0 ? Math.min(capacityTokens, heldTokens) : capacityTokens;
            capacityTokens = Math.max(MIN_BLOCKS * blockSize, base * (1 - CUT * missed));
        } else {
            capacityTokens = Math.min(bound, capacityTokens * GROWTH);
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
