package dev.sluice.knative;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LeanStoreTest {
    @Test
    void whatNobodyReadsIsNotKeptAndWhatMakesAnEndpointIs() {
        Pod pod = new PodBuilder()
                .withNewMetadata()
                .withName("p1")
                .withUid("u1")
                .withLabels(Map.of("app", "chat"))
                .withManagedFields(new ManagedFieldsEntry())
                .endMetadata()
                .withNewSpec()
                .withNodeName("n1")
                .addNewVolume()
                .withName("models")
                .endVolume()
                .addNewContainer()
                .withName("engine")
                .withArgs("--block-size", "32")
                .addNewEnv()
                .withName("SECRET")
                .withValue("x")
                .endEnv()
                .addNewPort()
                .withContainerPort(8000)
                .endPort()
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .withPodIP("10.0.0.1")
                .endStatus()
                .build();
        var before = PodPicture.of(pod, 8000);
        LeanStore<Pod> store = new LeanStore<>();
        store.put(store.getKey(pod), pod);
        Pod kept = Objects.requireNonNull(store.get(store.getKey(pod)));
        assertThat(kept.getMetadata().getManagedFields()).isEmpty();
        assertThat(kept.getSpec().getVolumes()).isEmpty();
        assertThat(kept.toString()).doesNotContain("SECRET");
        assertThat(PodPicture.of(kept, 8000)).isPresent().isEqualTo(before);
        assertThat(before.orElseThrow().facts().blockSize()).hasValue(32);
    }

    @Test
    void objectsLieInTheOrderOfTheirNamesAndOneThatIsMadeAgainIsAnother() {
        LeanStore<Pod> store = new LeanStore<>();
        for (String name : List.of("b", "a", "c", "a-1")) {
            store.put(store.getKey(pod(name, "1")), pod(name, "1"));
        }
        Pod again = pod("b", "2");
        store.put(store.getKey(again), again);
        store.remove(store.getKey(pod("b", "1")));
        assertThat(store.values().map(pod -> pod.getMetadata().getName())).containsExactly("a", "a-1", "b", "c");
        assertThat(store.get(store.getKey(again))).isSameAs(again);
        assertThat(store.keySet()).hasSize(store.size()).doesNotContain(store.getKey(pod("b", "1")));
    }

    private static Pod pod(String name, String uid) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withUid(uid)
                .endMetadata()
                .build();
    }
}
