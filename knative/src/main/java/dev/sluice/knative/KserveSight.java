package dev.sluice.knative;

import dev.sluice.core.discovery.Picture;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What KServe runs under a name: an InferenceService's revisions where it runs on Knative, an LLMInferenceService's pods. Both
 * are looked for; whichever is there is found.
 */
final class KserveSight implements Sight {
    private static final int LLM_PORT = 8000;
    private static final String WORKLOAD = "llminferenceservice-workload";

    private final KnativeSight revisions;
    private final PodSight pods;

    KserveSight(KubernetesClient client, String namespace, String name, Runnable changed) {
        this.revisions = new KnativeSight(client, namespace, Names.INFERENCE_SERVICE + "=" + name, changed);
        this.pods = new PodSight(
                client,
                namespace,
                Names.APP_NAME + "=" + name + "," + Names.PART_OF + "=llminferenceservice",
                KserveSight::port,
                changed);
    }

    /** Of the engine in container {@code main}, not of the sidecar in front of it; 0 for pods that are no engines. */
    static int port(Pod pod) {
        String component = KnativePicture.label(pod.getMetadata().getLabels(), Names.COMPONENT);
        if (!component.startsWith(WORKLOAD) || component.endsWith("-worker")) {
            return 0;
        }
        return SliceRow.orEmpty(pod.getSpec().getContainers()).stream()
                .filter(c -> "main".equals(c.getName()))
                .flatMap(KserveSight::ports)
                .findFirst()
                .orElse(LLM_PORT);
    }

    private static Stream<Integer> ports(Container container) {
        List<Integer> ports = new ArrayList<>();
        SliceRow.orEmpty(container.getPorts()).forEach(p -> {
            if (p.getContainerPort() != null) {
                ports.add(p.getContainerPort());
            }
        });
        return ports.stream();
    }

    @Override
    public Picture look() {
        Picture knative = revisions.look();
        Picture plain = pods.look();
        List<Picture.Found> found = new ArrayList<>(knative.found());
        found.addAll(plain.found());
        found.sort(Comparator.comparing(f -> f.endpoint().id()));
        List<String> problems = new ArrayList<>(knative.problems());
        problems.addAll(plain.problems());
        return new Picture(knative.seen() && plain.seen(), found, knative.revisions(), problems);
    }

    @Override
    public void close() {
        revisions.close();
        pods.close();
    }
}
