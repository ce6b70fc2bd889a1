package dev.sluice.knative;

import dev.sluice.core.discovery.Picture;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.function.ToIntFunction;

/** Pods of one namespace. */
final class PodSight implements Sight {
    private final Feed<Pod> pods;
    private final ToIntFunction<Pod> port;

    PodSight(KubernetesClient client, String namespace, String selector, ToIntFunction<Pod> port, Runnable changed) {
        this.port = port;
        this.pods = new Feed<>(
                client.pods().inNamespace(namespace).withLabelSelector(selector),
                "pods in namespace " + namespace,
                changed);
    }

    @Override
    public Picture look() {
        return new Picture(pods.synced(), PodPicture.of(pods.items(), port), List.of(), Sight.problems(pods));
    }

    @Override
    public void close() {
        pods.close();
    }
}
