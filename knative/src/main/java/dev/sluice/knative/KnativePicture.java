package dev.sluice.knative;

import dev.sluice.core.discovery.Picture;
import dev.sluice.core.discovery.Standing;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import io.fabric8.knative.serving.v1.Revision;
import io.fabric8.knative.serving.v1.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints of Knative revisions, from the slices of their private services: those name the pods' addresses, behind which the
 * queue-proxy counts. Requests go to its port, so that the autoscaler sees them; the engine's own port is only asked how it is.
 * The slices of the public services are the doors: while a revision has no pod they lead to activators, which wake it.
 */
final class KnativePicture {
    private static final String PRIVATE = "Private";

    private final String namespace;
    private final List<EndpointSlice> slices;
    private final List<Revision> revisions;
    private final Traffic traffic;
    private final boolean refused;

    /** @param refused Revisions can't be read at all: then Knative's defaults count */
    KnativePicture(
            String namespace,
            List<EndpointSlice> slices,
            List<Revision> revisions,
            List<Service> services,
            boolean refused) {
        this.namespace = namespace;
        this.slices = slices;
        this.revisions = revisions;
        this.traffic = Traffic.of(services);
        this.refused = refused;
    }

    Picture make(boolean seen, List<String> problems) {
        Map<String, RevisionFacts> facts = new LinkedHashMap<>();
        Map<String, String> services = new LinkedHashMap<>();
        Map<String, Picture.Scaling> scaling = new LinkedHashMap<>();
        for (Revision revision : revisions) {
            String name = revision.getMetadata().getName();
            scaling.put(name, ScaleNotes.of(revision));
            facts.put(name, RevisionFacts.of(revision));
            services.put(name, label(revision.getMetadata().getLabels(), Names.SERVICE));
        }
        List<Picture.Found> found = new ArrayList<>();
        for (SliceRow row : SliceRow.of(ofType(true))) {
            String revision = label(row.labels(), Names.REVISION);
            services.putIfAbsent(revision, label(row.labels(), Names.SERVICE));
            RevisionFacts known = facts.get(revision);
            found.add(found(row, revision, known));
        }
        found.sort(Comparator.comparing(f -> f.endpoint().id()));
        return new Picture(seen, found, revisions(facts, services, scaling), problems);
    }

    private Picture.Found found(SliceRow row, String revision, @Nullable RevisionFacts known) {
        RevisionFacts facts = known == null ? RevisionFacts.UNKNOWN : known;
        boolean waits = known == null && !refused && row.standing() == Standing.IN;
        Map<String, String> labels = new LinkedHashMap<>(row.labels());
        Set<String> tags = traffic.tags().getOrDefault(revision, Set.of());
        if (!tags.isEmpty()) {
            labels.put(Names.TAG, String.join(",", tags));
        }
        facts.seconds().ifPresent(limit -> labels.put(Names.TIME_LIMIT, Integer.toString(limit)));
        Role role = Role.of(label(labels, Role.LABEL)).orElse(Role.BOTH);
        return new Picture.Found(
                new Endpoint(row.name(), row.host() + ":" + row.port(), role, labels),
                row.host() + ":" + facts.port(),
                waits ? Standing.HELD : row.standing(),
                waits ? "discovered, and its Revision is not known yet" : row.reason(),
                revision,
                facts.concurrency(),
                facts.engine());
    }

    private List<Picture.Revision> revisions(
            Map<String, RevisionFacts> facts, Map<String, String> services, Map<String, Picture.Scaling> scaling) {
        Map<String, List<String>> doors = doors();
        Set<String> names = new TreeSet<>(facts.keySet());
        names.addAll(doors.keySet());
        List<Picture.Revision> rows = new ArrayList<>();
        for (String name : names) {
            if (name.isEmpty() || (!facts.containsKey(name) && !refused)) {
                continue;
            }
            String service = services.getOrDefault(name, "");
            List<String> open = new ArrayList<>(doors.getOrDefault(name, List.of()));
            open.add(name + "." + namespace + ".svc.cluster.local:80");
            OptionalInt percent = service.isEmpty() ? OptionalInt.empty() : traffic.percent(service, name);
            rows.add(new Picture.Revision(
                    name,
                    namespace,
                    service,
                    percent,
                    open,
                    facts.getOrDefault(name, RevisionFacts.UNKNOWN).broken(),
                    scaling.getOrDefault(name, Picture.Scaling.UNKNOWN)));
        }
        return rows;
    }

    private Map<String, List<String>> doors() {
        Map<String, List<String>> doors = new LinkedHashMap<>();
        for (EndpointSlice slice : ofType(false)) {
            String revision = label(slice.getMetadata().getLabels(), Names.SERVICE_NAME);
            for (SliceRow row : SliceRow.of(List.of(slice))) {
                if (row.port() > 0 && row.standing() == Standing.IN) {
                    doors.computeIfAbsent(revision, r -> new ArrayList<>()).add(row.host() + ":" + row.port());
                }
            }
        }
        return doors;
    }

    private List<EndpointSlice> ofType(boolean own) {
        return slices.stream()
                .filter(s -> PRIVATE.equals(label(s.getMetadata().getLabels(), Names.SERVICE_TYPE)) == own)
                .toList();
    }

    static String label(@Nullable Map<String, String> labels, String name) {
        return labels == null ? "" : labels.getOrDefault(name, "");
    }
}
