package dev.sluice.gateway.metrics;

import dev.sluice.core.EndpointReport;
import java.util.List;

/** What the gauges of one pool are read from, at the moment of a scrape. Called from any thread. */
public interface PoolView {
    /** The pool's name. */
    String name();

    /** Its endpoints. */
    List<EndpointReport> reports();

    /** Requests that wait. */
    int queueSize();

    /** Bytes of the bodies that wait. */
    long queueBytes();

    /** Blocks in the prefix index. */
    long indexBlocks();
}
