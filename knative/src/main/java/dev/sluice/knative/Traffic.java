package dev.sluice.knative;

import io.fabric8.knative.serving.v1.Service;
import io.fabric8.knative.serving.v1.TrafficTarget;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * How Knative Services split their requests over their revisions.
 *
 * @param percents service → revision → percent
 * @param tags revision → tags that lead to it
 */
record Traffic(Map<String, Map<String, Integer>> percents, Map<String, Set<String>> tags) {
    static Traffic of(List<Service> services) {
        Map<String, Map<String, Integer>> percents = new LinkedHashMap<>();
        Map<String, Set<String>> tags = new LinkedHashMap<>();
        for (Service service : services) {
            if (service.getStatus() == null
                    || SliceRow.orEmpty(service.getStatus().getTraffic()).isEmpty()) {
                continue;
            }
            Map<String, Integer> split = new LinkedHashMap<>();
            for (TrafficTarget target : service.getStatus().getTraffic()) {
                String revision = target.getRevisionName();
                if (revision == null) {
                    continue;
                }
                split.merge(
                        revision,
                        target.getPercent() == null ? 0 : target.getPercent().intValue(),
                        Integer::sum);
                if (target.getTag() != null && !target.getTag().isEmpty()) {
                    tags.computeIfAbsent(revision, r -> new TreeSet<>()).add(target.getTag());
                }
            }
            percents.put(service.getMetadata().getName(), split);
        }
        return new Traffic(percents, tags);
    }

    /** Percent of the service's requests that go to the revision; empty when the service says nothing. */
    OptionalInt percent(String service, String revision) {
        Map<String, Integer> split = percents.get(service);
        return split == null ? OptionalInt.empty() : OptionalInt.of(split.getOrDefault(revision, 0));
    }
}
