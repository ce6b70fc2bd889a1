package dev.sluice.knative;

import dev.sluice.core.discovery.Picture;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Pods of one namespace. */
final class PodSight implements Sight {
    private final Feed<Pod> pods;
    private final ToIntFunction<Pod> port;
    /** What became of each pod, by name: of a thousand, few have changed since the last look. */
    private Map<String, Row> rows = Map.of();

    /** An object as it lies in the cache, where a change puts another in its place. */
    private record Row(Pod pod, Optional<Picture.Found> found) {}

    PodSight(KubernetesClient client, String namespace, String selector, ToIntFunction<Pod> port, Runnable changed) {
        this.port = port;
        this.pods = new Feed<>(
                client.pods().inNamespace(namespace).withLabelSelector(selector),
                "pods in namespace " + namespace,
                changed);
    }

    @Override
    public Picture look() {
        boolean seen = pods.synced(); // before the items, or a list that comes in between would count as none
        return new Picture(seen, found(), List.of(), Sight.problems(pods));
    }

    private List<Picture.Found> found() {
        List<Pod> items = pods.items();
        Map<String, Row> next = HashMap.newHashMap(items.size());
        List<Picture.Found> found = new ArrayList<>(items.size());
        for (Pod pod : items) {
            @Nullable Row before = rows.get(pod.getMetadata().getName());
            Row row = before != null && isSame(before.pod(), pod)
                    ? before
                    : new Row(pod, likeBefore(before, PodPicture.of(pod, port.applyAsInt(pod))));
            next.put(pod.getMetadata().getName(), row);
            row.found().ifPresent(found::add);
        }
        rows = next;
        return found;
    }

    /** What says the same stays the same object: whoever compares it later, with each picture, need not look into it. */
    private static Optional<Picture.Found> likeBefore(@Nullable Row before, Optional<Picture.Found> made) {
        return before != null && before.found().equals(made) ? before.found() : made;
    }

    @SuppressWarnings("ReferenceEquality") // to compare what they say would take as long as to read it again
    private static boolean isSame(Pod one, Pod other) {
        return one == other;
    }

    @Override
    public void close() {
        pods.close();
    }
}
