package dev.sluice.knative;

import dev.sluice.core.discovery.Standing;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One address of an EndpointSlice.
 *
 * @param name of the pod; the address where the slice names none
 * @param host as it stands in a URL
 * @param port that is named {@code http} or {@code http2}; 0 when there is none
 * @param labels of the slice, which Knative copies from the revision's template; zone and node added
 */
record SliceRow(String name, String host, int port, Standing standing, String reason, Map<String, String> labels) {
    private static final List<String> NOISE = List.of(
            "networking.internal.knative.dev/",
            "endpointslice.kubernetes.io/",
            "endpoints.kubernetes.io/",
            "service.kubernetes.io/",
            "kubernetes.io/service-name");

    /**
     * All addresses of these slices, each pod once. One may stand in two slices for a moment: who is said to be going by one of
     * them is going, because nothing ever comes back from there; otherwise who is said to be ready is.
     */
    static List<SliceRow> of(List<EndpointSlice> slices) {
        Map<String, SliceRow> byName = new LinkedHashMap<>();
        for (EndpointSlice slice : slices) {
            int port = port(slice);
            for (Endpoint endpoint : orEmpty(slice.getEndpoints())) {
                for (String address : orEmpty(endpoint.getAddresses())) {
                    SliceRow row = row(slice, endpoint, address, port);
                    byName.merge(row.name() + " " + row.host(), row, SliceRow::surer);
                }
            }
        }
        return List.copyOf(byName.values());
    }

    private SliceRow surer(SliceRow other) {
        return rank() >= other.rank() ? this : other;
    }

    private int rank() {
        return switch (standing) {
            case DRAINING -> 2;
            case IN -> 1;
            case HELD -> 0;
        };
    }

    private static SliceRow row(EndpointSlice slice, Endpoint endpoint, String address, int port) {
        Map<String, String> labels = new LinkedHashMap<>();
        slice.getMetadata().getLabels().forEach((key, value) -> {
            if (NOISE.stream().noneMatch(key::startsWith) && !key.endsWith("UID")) {
                labels.put(key, value);
            }
        });
        if (endpoint.getZone() != null) {
            labels.put(Names.ZONE, endpoint.getZone());
        }
        if (endpoint.getNodeName() != null) {
            labels.put(Names.NODE, endpoint.getNodeName());
        }
        String host = address.contains(":") ? "[" + address + "]" : address;
        boolean named =
                endpoint.getTargetRef() != null && endpoint.getTargetRef().getName() != null;
        EndpointConditions said = endpoint.getConditions();
        boolean going = said != null && Boolean.TRUE.equals(said.getTerminating());
        boolean ready = said == null || !Boolean.FALSE.equals(said.getReady());
        Standing standing = going ? Standing.DRAINING : ready ? Standing.IN : Standing.HELD;
        String reason = going
                ? "its pod is being deleted"
                : ready ? "ready" : "discovered, and not ready: Kubernetes says that it is not";
        return new SliceRow(
                named ? endpoint.getTargetRef().getName() : host,
                host,
                port,
                port > 0 || going ? standing : Standing.HELD,
                port > 0 || going ? reason : "its slice names no port http or http2",
                labels);
    }

    private static int port(EndpointSlice slice) {
        return orEmpty(slice.getPorts()).stream()
                .filter(p -> "http".equals(p.getName()) || "http2".equals(p.getName()))
                .filter(p -> p.getPort() != null)
                .mapToInt(p -> p.getPort())
                .findFirst()
                .orElse(0);
    }

    static <T> List<T> orEmpty(@Nullable List<T> list) {
        return list == null ? new ArrayList<>() : list;
    }
}
