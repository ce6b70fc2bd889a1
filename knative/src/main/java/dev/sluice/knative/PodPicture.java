package dev.sluice.knative;

import dev.sluice.core.discovery.EngineFacts;
import dev.sluice.core.discovery.Picture;
import dev.sluice.core.discovery.Standing;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Endpoints that are pods, where no queue-proxy stands in front of the engine. */
final class PodPicture {
    private PodPicture() {}

    /**
     * A pod as an endpoint; empty when it is none.
     *
     * @param port where its engine listens; 0 when it has none
     */
    static Optional<Picture.Found> of(Pod pod, int port) {
        String ip = pod.getStatus() == null ? null : pod.getStatus().getPodIP();
        String phase =
                pod.getStatus() == null ? "" : String.valueOf(pod.getStatus().getPhase());
        if (ip == null || port == 0 || phase.equals("Succeeded") || phase.equals("Failed")) {
            return Optional.empty();
        }
        String address = (ip.contains(":") ? "[" + ip + "]" : ip) + ":" + port;
        Map<String, String> labels = new LinkedHashMap<>();
        if (pod.getMetadata().getLabels() != null) {
            labels.putAll(pod.getMetadata().getLabels());
        }
        if (pod.getSpec().getNodeName() != null) {
            labels.put(Names.NODE, pod.getSpec().getNodeName());
        }
        boolean going = pod.getMetadata().getDeletionTimestamp() != null;
        boolean ready = ready(pod);
        return Optional.of(new Picture.Found(
                new Endpoint(
                        pod.getMetadata().getName(),
                        address,
                        Role.of(labels.getOrDefault(Role.LABEL, "")).orElse(Role.BOTH),
                        labels),
                address,
                going ? Standing.DRAINING : ready ? Standing.IN : Standing.HELD,
                going ? "its pod is being deleted" : ready ? "ready" : "discovered, and not ready: " + why(pod),
                "",
                OptionalInt.empty(),
                engine(pod)));
    }

    private static boolean ready(Pod pod) {
        return SliceRow.orEmpty(pod.getStatus().getConditions()).stream()
                .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
    }

    /** What a container waits for, where one does. */
    private static String why(Pod pod) {
        for (ContainerStatus status : SliceRow.orEmpty(pod.getStatus().getContainerStatuses())) {
            if (status.getState() != null && status.getState().getWaiting() != null) {
                return status.getName() + " waits: "
                        + status.getState().getWaiting().getReason();
            }
        }
        return "phase " + pod.getStatus().getPhase();
    }

    /** The first container whose command says something of an engine. */
    private static EngineFacts engine(Pod pod) {
        for (Container container : SliceRow.orEmpty(pod.getSpec().getContainers())) {
            EngineFacts facts = EngineFacts.of(RevisionFacts.command(container));
            if (!facts.equals(EngineFacts.NONE)) {
                return facts;
            }
        }
        return EngineFacts.NONE;
    }
}
