package dev.sluice.simulator.events;

import dev.sluice.simulator.events.BlockHasher.Algorithm;

/**
 * How a stand-in publishes KV events: vLLM's {@code --kv-events-config}, and what decides about hashes.
 *
 * @param enabled whether it does
 * @param endpoint where it publishes; bound when it has a {@code *}, else connected to; port 0 takes a free one
 * @param replayEndpoint where missed batches can be had; empty for nowhere
 * @param topic first frame of every message
 * @param bufferSteps batches that are kept for replay, at least 1
 * @param algorithm of the block hashes
 * @param seed of their root, {@code PYTHONHASHSEED}; empty where that is not set
 * @param numbers whether hashes are sent as numbers, vLLM's default, and not as whole digests
 * @param maps whether events are maps, as in 0.32, and not arrays as before mid-2026
 * @param replayTopic whether replayed messages carry the topic, as since mid-2026
 * @param rank data-parallel rank: it is in every batch, and added to the ports
 */
public record EventOptions(
        boolean enabled,
        String endpoint,
        String replayEndpoint,
        String topic,
        int bufferSteps,
        Algorithm algorithm,
        String seed,
        boolean numbers,
        boolean maps,
        boolean replayTopic,
        int rank) {
    /** vLLM's high water mark. */
    static final int HWM = 100_000;

    /** Checks the ranges; {@link IllegalArgumentException} names the option. */
    public EventOptions {
        check(
                !enabled || endpoint.contains("://"),
                "kv-events-endpoint is an address like tcp://*:5557, not " + endpoint);
        check(
                replayEndpoint.isEmpty() || replayEndpoint.contains("://"),
                "kv-events-replay-endpoint is an address like tcp://*:5558, not " + replayEndpoint);
        check(bufferSteps > 0, "kv-events-buffer-steps is at least 1: " + bufferSteps);
        check(rank >= 0, "data-parallel-rank is not negative: " + rank);
    }

    /** No events. */
    public static EventOptions none() {
        return new EventOptions(false, "tcp://*:5557", "", "", 10_000, Algorithm.SHA256, "", true, true, true, 0);
    }

    /** Events and replay on free ports, otherwise as vLLM 0.32 does by default. */
    public static EventOptions onFreePorts() {
        return none().at("tcp://*:0", "tcp://*:0");
    }

    /** The same, switched on, at other addresses. */
    public EventOptions at(String events, String replay) {
        return new EventOptions(
                true, events, replay, topic, bufferSteps, algorithm, seed, numbers, maps, replayTopic, rank);
    }

    /** The same under another topic. */
    public EventOptions withTopic(String other) {
        return new EventOptions(
                enabled,
                endpoint,
                replayEndpoint,
                other,
                bufferSteps,
                algorithm,
                seed,
                numbers,
                maps,
                replayTopic,
                rank);
    }

    /** The same with other hashes. */
    public EventOptions withHashes(Algorithm how, String rootSeed, boolean asNumbers) {
        return new EventOptions(
                enabled,
                endpoint,
                replayEndpoint,
                topic,
                bufferSteps,
                how,
                rootSeed,
                asNumbers,
                maps,
                replayTopic,
                rank);
    }

    /** The same in the forms of vLLM before mid-2026. */
    public EventOptions inOldForms() {
        return new EventOptions(
                enabled, endpoint, replayEndpoint, topic, bufferSteps, algorithm, seed, numbers, false, false, rank);
    }

    /** The same as another rank. */
    public EventOptions withRank(int other) {
        return new EventOptions(
                enabled,
                endpoint,
                replayEndpoint,
                topic,
                bufferSteps,
                algorithm,
                seed,
                numbers,
                maps,
                replayTopic,
                other);
    }

    /** The same with another buffer. */
    public EventOptions withBuffer(int steps) {
        return new EventOptions(
                enabled, endpoint, replayEndpoint, topic, steps, algorithm, seed, numbers, maps, replayTopic, rank);
    }

    /** JSON as {@code GET /kv_event_sources} shows it. */
    public String json() {
        return "{\"enable_kv_cache_events\":" + enabled + ",\"publisher\":\"" + (enabled ? "zmq" : "null")
                + "\",\"endpoint\":\"" + endpoint + "\",\"replay_endpoint\":"
                + (replayEndpoint.isEmpty() ? "null" : "\"" + replayEndpoint + "\"") + ",\"buffer_steps\":"
                + bufferSteps
                + ",\"hwm\":" + HWM + ",\"max_queue_size\":100000,\"topic\":\"" + topic + "\"}";
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
