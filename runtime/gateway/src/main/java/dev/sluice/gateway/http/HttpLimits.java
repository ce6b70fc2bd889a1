package dev.sluice.gateway.http;

import java.time.Duration;

/**
 * What a client may cost.
 *
 * @param headBytes largest request head; larger is 431
 * @param headerCount most header lines; more is 431
 * @param headTime from the first byte of a head to its end; slower is 408; also for the first byte on a new connection
 * @param bodyIdle longest pause within a request body; slower is 408
 * @param bodyBytesPerSecond least mean rate of a body once {@code bodyIdle} has passed; slower is 408
 * @param keepAlive how long a connection may be idle between requests
 * @param writeStall how long a write may wait for a client that does not read
 * @param budgetWait how long a body waits for the byte budget before it is 503
 */
public record HttpLimits(
        int headBytes,
        int headerCount,
        Duration headTime,
        Duration bodyIdle,
        int bodyBytesPerSecond,
        Duration keepAlive,
        Duration writeStall,
        Duration budgetWait) {
    /** 32 KiB in 100 lines within 10 s; bodies pause ≤ 30 s, ≥ 16 KiB/s; 75 s keep-alive; 60 s stall; 5 s for the budget. */
    public static final HttpLimits DEFAULT = new HttpLimits(
            32 << 10,
            100,
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            16 << 10,
            Duration.ofSeconds(75),
            Duration.ofSeconds(60),
            Duration.ofSeconds(5));
}
