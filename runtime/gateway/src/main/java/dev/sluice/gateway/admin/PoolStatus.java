package dev.sluice.gateway.admin;

import dev.sluice.core.EndpointReport;
import java.util.List;

/**
 * One pool as an operator sees it.
 *
 * @param pool its name
 * @param endpoints its endpoints
 * @param queued requests that wait
 * @param queuedBytes bytes of the bodies that wait
 * @param indexBlocks blocks in the prefix index
 */
public record PoolStatus(String pool, List<EndpointReport> endpoints, int queued, long queuedBytes, long indexBlocks) {}
