package dev.sluice.knative;

import dev.sluice.core.discovery.EngineFacts;
import io.fabric8.knative.serving.v1.Revision;
import io.fabric8.kubernetes.api.model.Container;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a Revision says of its pods.
 *
 * @param port where its container listens, behind the queue-proxy
 * @param concurrency requests that one pod may hold at a time; empty for no limit
 * @param broken why no pod can come up; empty when one can
 * @param seconds how long a request may take there; empty when it does not say
 */
record RevisionFacts(int port, OptionalInt concurrency, EngineFacts engine, String broken, OptionalInt seconds) {
    private static final int KNATIVE_DEFAULT = 8080;
    static final RevisionFacts UNKNOWN =
            new RevisionFacts(KNATIVE_DEFAULT, OptionalInt.empty(), EngineFacts.NONE, "", OptionalInt.empty());

    static RevisionFacts of(Revision revision) {
        if (revision.getSpec() == null) {
            return UNKNOWN;
        }
        List<Container> containers = SliceRow.orEmpty(revision.getSpec().getContainers());
        Optional<Container> named = containers.stream()
                .filter(c -> !SliceRow.orEmpty(c.getPorts()).isEmpty())
                .findFirst()
                .or(() -> containers.stream().findFirst());
        if (named.isEmpty()) {
            return UNKNOWN;
        }
        Container serving = named.get();
        Long most = revision.getSpec().getContainerConcurrency();
        Long limit = revision.getSpec().getTimeoutSeconds();
        return new RevisionFacts(
                port(serving),
                most == null || most <= 0 ? OptionalInt.empty() : OptionalInt.of((int) Math.min(most, 1 << 20)),
                EngineFacts.of(command(serving)),
                broken(revision),
                limit == null ? OptionalInt.empty() : OptionalInt.of(limit.intValue()));
    }

    private static int port(Container container) {
        return SliceRow.orEmpty(container.getPorts()).stream()
                .filter(p -> p.getContainerPort() != null)
                .mapToInt(p -> p.getContainerPort())
                .findFirst()
                .orElse(KNATIVE_DEFAULT);
    }

    static List<String> command(Container container) {
        List<String> all = new ArrayList<>(SliceRow.orEmpty(container.getCommand()));
        all.addAll(SliceRow.orEmpty(container.getArgs()));
        return all;
    }

    private static String broken(Revision revision) {
        if (revision.getStatus() == null) {
            return "";
        }
        return SliceRow.orEmpty(revision.getStatus().getConditions()).stream()
                .filter(c -> "False".equals(c.getStatus()))
                .filter(c -> "ContainerHealthy".equals(c.getType()) || "ResourcesAvailable".equals(c.getType()))
                .map(c -> c.getReason() + (c.getMessage() == null ? "" : ": " + c.getMessage()))
                .findFirst()
                .orElse("");
    }
}
