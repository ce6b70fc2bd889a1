package dev.sluice.spi;

import java.util.Map;

/**
 * One server of a pool.
 *
 * @param id stable name, unique in the pool, safe to show to operators
 * @param address {@code host:port}
 * @param role what it does
 * @param labels from configuration or discovery, {@link Role#LABEL} included when it was set
 */
public record Endpoint(String id, String address, Role role, Map<String, String> labels) {
    /** Copies the labels. */
    public Endpoint {
        labels = Map.copyOf(labels);
    }
}
