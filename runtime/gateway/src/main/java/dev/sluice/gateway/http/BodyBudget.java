package dev.sluice.gateway.http;

import java.time.Duration;

/** Bytes that request bodies may hold in memory, all connections together. */
public interface BodyBudget {
    /**
     * Takes {@code bytes}, waiting up to {@code wait} for others to give theirs back.
     *
     * @return false when they did not come free in time, or can never
     */
    boolean tryReserve(long bytes, Duration wait) throws InterruptedException;

    /** Gives {@code bytes} back. Callable from any thread; does not block. */
    void release(long bytes);
}
