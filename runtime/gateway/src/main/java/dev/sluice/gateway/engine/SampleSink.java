package dev.sluice.gateway.engine;

import java.util.Map;

/** Takes samples of one metrics page that the gateway itself has no use for. Used by one thread. */
public interface SampleSink {
    /** Wants nothing. */
    SampleSink NONE = new SampleSink() {
        @Override
        public boolean wants(byte[] bytes, int from, int to) {
            return false;
        }

        @Override
        public void sample(byte[] bytes, int from, int to, String labels, double value) {}

        @Override
        public Map<String, Double> finish() {
            return Map.of();
        }
    };

    /** Whether samples of the metric with this name are wanted; asked for every line, so it must not allocate as a rule. */
    boolean wants(byte[] bytes, int from, int to);

    /**
     * One sample that is wanted.
     *
     * @param bytes with the metric's name from {@code from} to {@code to}
     * @param labels as they stand between the braces
     */
    void sample(byte[] bytes, int from, int to, String labels, double value);

    /** The page is read: attributes that were made of it, by name; no NaN. */
    Map<String, Double> finish();
}
