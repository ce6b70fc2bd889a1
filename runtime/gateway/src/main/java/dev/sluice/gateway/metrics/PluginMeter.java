package dev.sluice.gateway.metrics;

/** The meters of one plugin instance at one point of the decision. */
public interface PluginMeter {
    /** One call of so many ns with {@code ok}, {@code fault}, {@code timeout} or another outcome of a small set. */
    void called(String outcome, long nanos);
}
