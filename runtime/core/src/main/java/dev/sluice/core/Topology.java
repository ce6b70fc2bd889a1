package dev.sluice.core;

import dev.sluice.spi.Endpoint;
import java.util.List;
import java.util.Optional;

/**
 * How far two endpoints are from each other, as their labels and addresses tell. Only a first guess at the speed of the link
 * between them: what is measured wins.
 */
final class Topology {
    private static final List<String> HOST = List.of("kubernetes.io/hostname", "host", "node");
    private static final List<String> RACK = List.of("topology.kubernetes.io/rack", "rack");
    private static final List<String> ZONE = List.of("topology.kubernetes.io/zone", "zone");
    private static final List<String> REGION = List.of("topology.kubernetes.io/region", "region");

    private Topology() {}

    /** How many times as long a move is taken to last as between two of which nothing is known. */
    static double factor(Endpoint a, Endpoint b) {
        if (same(a, b, HOST).orElse(host(a).equals(host(b)))) {
            return 0.5;
        }
        if (!same(a, b, REGION).orElse(true)) {
            return 4;
        }
        if (!same(a, b, ZONE).orElse(true)) {
            return 2;
        }
        return same(a, b, RACK).orElse(false) ? 0.8 : 1;
    }

    /** Empty when one of them says nothing. */
    private static Optional<Boolean> same(Endpoint a, Endpoint b, List<String> names) {
        for (String name : names) {
            String left = a.labels().get(name);
            String right = b.labels().get(name);
            if (left != null && right != null) {
                return Optional.of(left.equals(right));
            }
        }
        return Optional.empty();
    }

    private static String host(Endpoint endpoint) {
        String address = endpoint.address();
        return address.substring(0, Math.max(0, address.lastIndexOf(':')));
    }
}
