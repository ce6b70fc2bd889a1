package dev.sluice.gateway.metrics;

import dev.sluice.core.EndpointReport;
import dev.sluice.gateway.kv.KvStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the gauges of one pool are read from, at the moment of a scrape. Called from any thread. */
public interface PoolView {
    /** The pool's name. */
    String name();

    /** Its endpoints. */
    List<EndpointReport> reports();

    /** What its endpoints in service are at. */
    default List<Figures> figures() {
        return List.of();
    }

    /**
     * One endpoint in service.
     *
     * @param endpoint its id
     * @param waiting requests waiting in the engine; NaN when it does not say
     * @param running requests running in the engine; NaN when it does not say
     * @param kvUsage share of its KV cache in use, 0..1; NaN when it does not say
     * @param inFlight requests charged to it
     * @param pendingTokens prompt tokens that it has yet to compute
     */
    record Figures(
            String endpoint, double waiting, double running, double kvUsage, double inFlight, double pendingTokens) {}

    /** Requests that wait. */
    int queueSize();

    /** Bytes of the bodies that wait. */
    long queueBytes();

    /** What waits, by priority and tenant. */
    default List<Waiting> waiting() {
        return List.of();
    }

    /**
     * What waits of one tenant in one band.
     *
     * @param bytes of the bodies
     */
    record Waiting(int priority, String tenant, int requests, long bytes) {}

    /** How full the pool is as flow control sees it, 1 as full as it should be; NaN when nothing is known. */
    default double saturation() {
        return Double.NaN;
    }

    /** Requests that ran and were ended so that others may go on, by priority. */
    default Map<Integer, Long> evicted() {
        return Map.of();
    }

    /** Blocks in the prefix index. */
    long indexBlocks();

    /** What is known of the engines' KV events. */
    default List<KvStatus> kvEvents() {
        return List.of();
    }

    /** What stands in the way of finding its endpoints, in words; empty where they are written down. */
    default Optional<List<String>> discoveryProblems() {
        return Optional.empty();
    }

    /** What is forecast of its requests; empty where nothing is. */
    default Optional<Forecast> forecast() {
        return Optional.empty();
    }

    /**
     * What is forecast.
     *
     * @param rate requests a second now
     * @param ahead requests a second at the end of the lead
     * @param seconds of an engine for each request, by role
     * @param concurrency requests at a time that engines will be at, by role
     * @param pods that a revision is wanted to have
     */
    record Forecast(
            double rate,
            double ahead,
            Map<String, Double> seconds,
            Map<String, Double> concurrency,
            Map<String, Integer> pods) {
        /** Copies the maps. */
        public Forecast {
            seconds = Map.copyOf(seconds);
            concurrency = Map.copyOf(concurrency);
            pods = Map.copyOf(pods);
        }
    }

    /** KV that prefill engines keep for this pool's requests, by how it stands; empty where KV does not move. */
    default Map<String, Long> kvLeases() {
        return Map.of();
    }

    /** Prompts' beginnings that engines were told to fetch from others, by how that went; empty where they are not. */
    default Map<String, Long> kvFetches() {
        return Map.of();
    }

    /** Prompt tokens of those that were there sooner than they could have been computed. */
    default long kvFetchedTokens() {
        return 0;
    }

    /** How often such KV was no longer kept, by why; empty where KV does not move. */
    default Map<String, Long> kvLeaseEnds() {
        return Map.of();
    }
}
