package dev.sluice.gateway.http;

import java.time.Duration;

/**
 * Limits of the connections to one endpoint.
 *
 * @param connections most connections, idle ones included
 * @param connect time for a TCP connection; also the longest wait for a place when all connections are in use
 * @param write longest time the engine may refuse to take our bytes
 * @param idleExpiry idle connections older than this are closed; keep it below the engine's own limit (uvicorn: 5 s)
 * @param headBytes largest response head
 */
public record PoolLimits(int connections, Duration connect, Duration write, Duration idleExpiry, int headBytes) {
    /** 4096 connections, 1 s to connect, 30 s to write, 4 s idle, 64 KiB of head. */
    public static final PoolLimits DEFAULT =
            new PoolLimits(4096, Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofSeconds(4), 64 << 10);
}
