package dev.sluice.gateway.engine;

import dev.sluice.core.Scrape;

/**
 * What watching engines brings to light. Called on virtual threads, for one endpoint by one thread at a time for each
 * kind of call (probes, scrapes). News of an endpoint may still arrive just after it was removed.
 */
public interface EngineEvents {
    /** The engine is well and serves what is expected. */
    void probeSucceeded(String id, Served served);

    /** The engine did not answer, or not well; {@code reason} is in words. It is asked again by itself. */
    void probeFailed(String id, String reason);

    /** The engine is well but serves other models; {@code reason} says which. It is asked again by itself. */
    void wrongModel(String id, String reason);

    /** A metrics page was read. */
    void scraped(String id, Scrape scrape);

    /** Takes what else there is on the next page of this endpoint. */
    default SampleSink samples(String id) {
        return SampleSink.NONE;
    }

    /** No usable metrics page came; said once per loss, until {@link #scraped} is called again. */
    void scrapeLost(String id);
}
