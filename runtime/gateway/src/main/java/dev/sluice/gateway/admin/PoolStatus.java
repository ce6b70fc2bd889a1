package dev.sluice.gateway.admin;

import dev.sluice.core.EndpointReport;
import dev.sluice.gateway.kv.KvStatus;
import java.util.List;

/**
 * One pool as an operator sees it.
 *
 * @param pool its name
 * @param endpoints its endpoints
 * @param queued requests that wait
 * @param queuedBytes bytes of the bodies that wait
 * @param indexBlocks blocks in the prefix index
 * @param kvEvents what is known of the KV events of those that publish them
 */
public record PoolStatus(
        String pool,
        List<EndpointReport> endpoints,
        int queued,
        long queuedBytes,
        long indexBlocks,
        List<KvStatus> kvEvents) {}
