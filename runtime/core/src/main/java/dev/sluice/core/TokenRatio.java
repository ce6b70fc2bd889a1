package dev.sluice.core;

/** Learns how many prompt tokens a byte of prompt makes: 1 in 4 at the start, as llm-d's estimate has it. */
final class TokenRatio {
    private static final double FADE = 0.98;
    private double bytes = 4000;
    private double tokens = 1000;

    void observe(int promptBytes, int promptTokens) {
        if (promptBytes > 0 && promptTokens > 0) {
            double cap = Math.min(1, 100_000.0 / promptBytes);
            bytes = bytes * FADE + promptBytes * cap;
            tokens = tokens * FADE + promptTokens * cap;
        }
    }

    double tokensPerByte() {
        return tokens / bytes;
    }

    int tokens(int promptBytes) {
        return Math.clamp(Math.round(promptBytes * tokensPerByte()), 1, Integer.MAX_VALUE / 4);
    }
}
