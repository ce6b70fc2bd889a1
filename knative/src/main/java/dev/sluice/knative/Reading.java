package dev.sluice.knative;

import com.fasterxml.jackson.annotation.JsonIncludeProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.knative.serving.v1.Revision;
import io.fabric8.knative.serving.v1.RevisionSpec;
import io.fabric8.knative.serving.v1.Service;
import io.fabric8.knative.serving.v1.ServiceStatus;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;

/**
 * How the API's objects are read: only the fields that a search looks at. The rest of a pod (volumes, environment, probes, who manages which
 * field) is most of what is sent; each of its hundreds of types would get a reader of its own when the gateway starts, and each change of
 * a pod would make objects of them that nobody asks for. What a {@link Sight} asks for anew must be named here, or it is null.
 */
final class Reading {
    private Reading() {}

    /** A serialization that knows the kinds that are searched for, and no others: to find all that there are takes a start longer. */
    static KubernetesSerialization lean() {
        ObjectMapper mapper = new ObjectMapper()
                .addMixIn(ObjectMeta.class, OfMeta.class)
                .addMixIn(PodSpec.class, OfPodSpec.class)
                .addMixIn(PodStatus.class, OfPodStatus.class)
                .addMixIn(PodCondition.class, OfPodCondition.class)
                .addMixIn(Container.class, OfContainer.class)
                .addMixIn(ContainerStatus.class, OfContainerStatus.class)
                .addMixIn(ContainerState.class, OfContainerState.class)
                .addMixIn(RevisionSpec.class, OfRevisionSpec.class)
                .addMixIn(Service.class, OfService.class)
                .addMixIn(ServiceStatus.class, OfServiceStatus.class)
                .addMixIn(Endpoint.class, OfEndpoint.class);
        KubernetesSerialization reading = new KubernetesSerialization(mapper, false);
        List.of(Pod.class, EndpointSlice.class, Revision.class, Service.class, Status.class)
                .forEach(reading::registerKubernetesResource);
        return reading;
    }

    @JsonIncludeProperties({
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "labels",
        "annotations"
    })
    private interface OfMeta {}

    @JsonIncludeProperties({"containers", "nodeName"})
    private interface OfPodSpec {}

    @JsonIncludeProperties({"phase", "podIP", "conditions", "containerStatuses"})
    private interface OfPodStatus {}

    @JsonIncludeProperties({"type", "status"})
    private interface OfPodCondition {}

    @JsonIncludeProperties({"name", "command", "args", "ports"})
    private interface OfContainer {}

    @JsonIncludeProperties({"name", "state"})
    private interface OfContainerStatus {}

    @JsonIncludeProperties({"waiting"})
    private interface OfContainerState {}

    @JsonIncludeProperties({"containers", "containerConcurrency", "timeoutSeconds"})
    private interface OfRevisionSpec {}

    @JsonIncludeProperties({"apiVersion", "kind", "metadata", "status"})
    private interface OfService {}

    @JsonIncludeProperties({"traffic"})
    private interface OfServiceStatus {}

    @JsonIncludeProperties({"addresses", "conditions", "nodeName", "targetRef", "zone"})
    private interface OfEndpoint {}
}
