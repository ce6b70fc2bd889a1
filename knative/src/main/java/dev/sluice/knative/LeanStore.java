package dev.sluice.knative;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.ArrayList;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where an informer keeps its objects, by name, without what nobody here reads: who wrote which field, and a pod's volumes, variables and
 * probes. It counts where there are thousands of pods: {@code bench discovery}.
 */
final class LeanStore<T extends HasMetadata> implements ItemStore<T> {
    private final ConcurrentNavigableMap<String, T> objects = new ConcurrentSkipListMap<>();

    /** Names first, which is their order; an object that was deleted and made again is another one. */
    @Override
    public String getKey(T object) {
        return object.getMetadata() == null
                ? ""
                : object.getMetadata().getName() + ' ' + object.getMetadata().getUid();
    }

    @Override
    public @Nullable T get(String key) {
        return objects.get(key);
    }

    @Override
    public @Nullable T remove(String key) {
        return objects.remove(key);
    }

    @Override
    public Stream<String> keySet() {
        return objects.keySet().stream();
    }

    @Override
    public Stream<T> values() {
        return objects.values().stream();
    }

    @Override
    public int size() {
        return objects.size();
    }

    @Override
    public @Nullable T put(String key, T object) {
        if (object.getMetadata() != null) {
            object.getMetadata().setManagedFields(new ArrayList<>());
        }
        if (object instanceof Pod pod && pod.getSpec() != null) {
            lean(pod.getSpec());
        }
        return objects.put(key, object);
    }

    private static void lean(PodSpec spec) {
        spec.setVolumes(new ArrayList<>());
        spec.setTolerations(new ArrayList<>());
        spec.setAffinity(null);
        spec.setInitContainers(new ArrayList<>());
        for (Container container : SliceRow.orEmpty(spec.getContainers())) {
            container.setEnv(new ArrayList<>());
            container.setVolumeMounts(new ArrayList<>());
            container.setLivenessProbe(null);
            container.setReadinessProbe(null);
            container.setStartupProbe(null);
        }
    }
}
