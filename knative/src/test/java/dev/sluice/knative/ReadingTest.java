package dev.sluice.knative;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.knative.serving.v1.Revision;
import io.fabric8.knative.serving.v1.Service;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.junit.jupiter.api.Test;

/** What is read of an object, and what is not; that all is read which a search looks at, the tests of the searches say. */
class ReadingTest {
    private final KubernetesSerialization reading = Reading.lean();

    @Test
    void whatNobodyLooksAtIsSkipped() {
        Pod pod = reading.unmarshal("""
                {"apiVersion":"v1","kind":"Pod",
                 "metadata":{"name":"p","labels":{"a":"b"},"managedFields":[{"manager":"kubelet"}],"finalizers":["f"]},
                 "spec":{"nodeName":"n","volumes":[{"name":"v","emptyDir":{}}],
                  "containers":[{"name":"c","args":["--port","1"],"env":[{"name":"E","value":"1"}],"image":"i"}]},
                 "status":{"phase":"Running","podIP":"10.0.0.1","qosClass":"Burstable"}}""", Pod.class);
        assertThat(pod.getMetadata().getName()).isEqualTo("p");
        assertThat(pod.getMetadata().getLabels()).containsEntry("a", "b");
        assertThat(pod.getMetadata().getManagedFields()).isEmpty();
        assertThat(pod.getMetadata().getFinalizers()).isEmpty();
        assertThat(pod.getSpec().getNodeName()).isEqualTo("n");
        assertThat(pod.getSpec().getVolumes()).isEmpty();
        assertThat(pod.getSpec().getContainers()).singleElement().satisfies(c -> {
            assertThat(c.getArgs()).containsExactly("--port", "1");
            assertThat(c.getEnv()).isEmpty();
            assertThat(c.getImage()).isNull();
        });
        assertThat(pod.getSpec().getAdditionalProperties()).isEmpty();
        assertThat(pod.getStatus().getPodIP()).isEqualTo("10.0.0.1");
        assertThat(pod.getStatus().getAdditionalProperties()).isEmpty();
    }

    @Test
    void whatIsSearchedForIsKnownByItsKindAndTheRestAsItIs() {
        assertThat(known("v1", "Pod")).isInstanceOf(Pod.class);
        assertThat(known("serving.knative.dev/v1", "Revision")).isInstanceOf(Revision.class);
        assertThat(known("serving.knative.dev/v1", "Service")).isInstanceOf(Service.class);
        assertThat(known("inference.networking.k8s.io/v1", "InferencePool"))
                .isInstanceOf(GenericKubernetesResource.class);
    }

    private KubernetesResource known(String version, String kind) {
        return reading.unmarshal(
                "{\"apiVersion\":\"" + version + "\",\"kind\":\"" + kind + "\",\"metadata\":{\"name\":\"x\"}}",
                KubernetesResource.class);
    }
}
