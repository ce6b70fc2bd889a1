package dev.sluice.knative;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Where an informer keeps its objects, without what nobody here reads: who wrote which field, and a pod's volumes, variables and probes.
 * It counts where there are thousands of pods: {@code bench discovery}.
 */
final class LeanStore<T extends HasMetadata> extends BasicItemStore<T> {
    LeanStore() {
        super(Cache::metaUidKeyFunc);
    }

    @Override
    public @Nullable T put(String key, T object) {
        if (object.getMetadata() != null) {
            object.getMetadata().setManagedFields(new ArrayList<>());
        }
        if (object instanceof Pod pod && pod.getSpec() != null) {
            lean(pod.getSpec());
        }
        return super.put(key, object);
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
