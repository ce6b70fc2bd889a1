package dev.sluice.gateway.trace;

import java.util.List;

/** Tells a collector of requests. One thread calls it. */
interface Export extends AutoCloseable {
    /** Sends them, and waits until they are taken or that has failed; false when they are lost. */
    boolean send(List<Ended> batch);

    @Override
    void close();
}
