package dev.sluice.gateway.admin;

import dev.sluice.core.EndpointReport;
import dev.sluice.gateway.kv.KvStatus;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * One pool as an operator sees it.
 *
 * @param pool its name
 * @param endpoints its endpoints
 * @param queued requests that wait
 * @param queuedBytes bytes of the bodies that wait
 * @param indexBlocks blocks in the prefix index
 * @param kvEvents what is known of the KV events of those that publish them
 * @param discovery how the search for its endpoints goes; null where they are written down
 */
public record PoolStatus(
        String pool,
        List<EndpointReport> endpoints,
        int queued,
        long queuedBytes,
        long indexBlocks,
        List<KvStatus> kvEvents,
        Optional<Search> discovery) {
    /**
     * A search.
     *
     * @param seen false until the API has answered for the first time
     * @param problems what stands in its way, in words
     * @param revisions what comes and goes
     */
    public record Search(boolean seen, List<String> problems, List<Revision> revisions) {}

    /**
     * A revision.
     *
     * @param percent share of its service's requests; null when nobody splits them
     * @param state {@code awake}, {@code asleep}, {@code ringing}, {@code coming}, {@code paused}
     * @param etaMs how long its start takes, as learned; null before the first
     * @param broken why no endpoint of it can come up; empty when one can
     */
    public record Revision(
            String name, String service, OptionalInt percent, String state, OptionalLong etaMs, String broken) {}
}
