package dev.sluice.simulator.ladder;

import java.util.Arrays;

/** What one arm achieved in one stage, over all seeds. */
public final class Score {
    private long arrived;
    private long good;
    private long completed;
    private long promptTokens;
    private long cachedTokens;
    private double tpotSum;
    private double[] ttft = new double[256];
    private int count;

    /** A score of no requests. */
    public static Score empty() {
        return new Score();
    }

    void arrived() {
        arrived++;
    }

    void completed(double ttftMs, double tpotMs, boolean met, int prompt, int cached) {
        completed++;
        good += met ? 1 : 0;
        promptTokens += prompt;
        cachedTokens += cached;
        tpotSum += tpotMs;
        if (count == ttft.length) {
            ttft = Arrays.copyOf(ttft, count * 2);
        }
        ttft[count++] = ttftMs;
    }

    /** Adds another score's requests to this one's. */
    public void merge(Score other) {
        arrived += other.arrived;
        good += other.good;
        completed += other.completed;
        promptTokens += other.promptTokens;
        cachedTokens += other.cachedTokens;
        tpotSum += other.tpotSum;
        ttft = Arrays.copyOf(ttft, Math.max(count + other.count, 1) * 2);
        System.arraycopy(other.ttft, 0, ttft, count, other.count);
        count += other.count;
    }

    /** Requests that finished within their objectives, as a share of those that arrived. */
    public double goodput() {
        return arrived == 0 ? 0 : good / (double) arrived;
    }

    /** Share of prompt tokens that came from caches. */
    public double hitRate() {
        return promptTokens == 0 ? 0 : cachedTokens / (double) promptTokens;
    }

    /** Mean time per output token, ms. */
    public double tpotMs() {
        return completed == 0 ? Double.NaN : tpotSum / completed;
    }

    /** Time to the first token, ms, at a quantile 0..1. */
    public double ttftMs(double quantile) {
        if (count == 0) {
            return Double.NaN;
        }
        double[] sorted = Arrays.copyOf(ttft, count);
        Arrays.sort(sorted);
        return sorted[(int) Math.min(count - 1.0, Math.floor(quantile * count))];
    }

    /** Requests that came. */
    public long requests() {
        return arrived;
    }
}
