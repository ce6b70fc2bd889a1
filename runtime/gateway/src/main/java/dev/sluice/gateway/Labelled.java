package dev.sluice.gateway;

import dev.sluice.spi.Endpoint;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** Which endpoints of a pool have certain labels; found again when other endpoints are listed. */
final class Labelled {
    private final Map<Map<String, String>, Found> found = new ConcurrentHashMap<>();

    private record Found(List<Endpoint> among, Set<String> ids) {}

    /** Ids of those with all of these labels; may be none. */
    Set<String> ids(Map<String, String> labels, List<Endpoint> listed) {
        Found known = found.get(labels);
        if (known == null || !known.among.equals(listed)) {
            Set<String> ids = new TreeSet<>();
            for (Endpoint endpoint : listed) {
                if (endpoint.labels().entrySet().containsAll(labels.entrySet())) {
                    ids.add(endpoint.id());
                }
            }
            known = new Found(listed, Set.copyOf(ids));
            found.put(labels, known);
        }
        return known.ids;
    }
}
