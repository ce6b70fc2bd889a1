package dev.sluice.app;

/**
 * What one run of the workload showed.
 *
 * @param ttftMillis times to the first token as the clients saw them, sorted
 * @param seconds from the first request to the last answer
 * @param failed requests that did not end with the terminal marker
 * @param queriedTokens prompt tokens that the engines looked up, by their own counters
 * @param hitTokens those that they found, by their own counters
 * @param lastId {@code x-sluice-id} of the last answer; empty without a gateway
 */
record DemoResult(
        double[] ttftMillis, double seconds, int failed, double queriedTokens, double hitTokens, String lastId) {
    double percentile(double share) {
        return ttftMillis.length == 0
                ? Double.NaN
                : ttftMillis[(int) Math.min(ttftMillis.length - 1, Math.floor(share * ttftMillis.length))];
    }

    double hitRate() {
        return queriedTokens == 0 ? 0 : hitTokens / queriedTokens;
    }
}
