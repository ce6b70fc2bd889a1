package dev.sluice.gateway.kv;

import java.util.Optional;

/**
 * An engine that publishes KV events.
 *
 * @param endpoint id of the endpoint
 * @param host where it publishes
 * @param port of its first data-parallel rank; each further rank has the next
 * @param replay port where the first rank repeats what it published; empty when it does not
 * @param ranks data-parallel ranks, at least 1
 */
public record KvEndpoint(String endpoint, String host, int port, Optional<Integer> replay, int ranks) {
    String events(int rank) {
        return address(port + rank);
    }

    Optional<String> replay(int rank) {
        return replay.map(first -> address(first + rank));
    }

    private String address(int at) {
        return "tcp://" + host + ":" + at;
    }
}
