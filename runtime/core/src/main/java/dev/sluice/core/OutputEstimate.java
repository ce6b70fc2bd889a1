package dev.sluice.core;

/** Learns how long answers of a pool are: the mean without a limit, the share of the limit with one. */
final class OutputEstimate {
    private static final double STEP = 0.02;
    private int seen;
    private double mean = 256;
    private double share = 0.6;

    void settled(int maxTokens, int outputTokens) {
        if (outputTokens < 0) {
            return;
        }
        seen = Math.min(seen + 1, 1000);
        double step = Math.max(STEP, 1.0 / (4 + seen));
        mean += step * (outputTokens - mean);
        if (maxTokens > 0) {
            share += step * (Math.min(1.0, outputTokens / (double) maxTokens) - share);
        }
    }

    /** Expected output tokens, at least 1; {@code maxTokens} 0 when the client set no limit. */
    int expect(int maxTokens) {
        double expected = maxTokens > 0 ? share * maxTokens : mean;
        return (int) Math.clamp(expected, 1, 1 << 20);
    }

    /** Mean output tokens over all requests. */
    double mean() {
        return mean;
    }
}
