package dev.sluice.app;

/**
 * What one run of the workload showed.
 *
 * @param ttftMillis times to the first token as the clients saw them, sorted; of documents apart
 * @param documentMillis those of documents
 * @param pauseMillis longest pause inside each answer, of documents not, sorted
 * @param seconds from the first request to the last answer
 * @param failed requests that did not end with the terminal marker
 * @param queriedTokens prompt tokens that the engines looked up, by their own counters
 * @param hitTokens those that they found, by their own counters
 * @param lastId {@code x-sluice-id} of the last answer; empty without a gateway
 */
record DemoResult(
        double[] ttftMillis,
        double[] documentMillis,
        double[] pauseMillis,
        double seconds,
        int failed,
        double queriedTokens,
        double hitTokens,
        String lastId) {
    double percentile(double share) {
        return percentile(ttftMillis, share);
    }

    /** Of sorted values; NaN when there are none. */
    static double percentile(double[] sorted, double share) {
        return sorted.length == 0
                ? Double.NaN
                : sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    }

    double hitRate() {
        return queriedTokens == 0 ? 0 : hitTokens / queriedTokens;
    }
}
