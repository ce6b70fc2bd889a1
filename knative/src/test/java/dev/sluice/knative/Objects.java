package dev.sluice.knative;

import dev.sluice.spi.Role;
import io.fabric8.knative.serving.v1.Revision;
import io.fabric8.knative.serving.v1.RevisionBuilder;
import io.fabric8.knative.serving.v1.Service;
import io.fabric8.knative.serving.v1.ServiceBuilder;
import io.fabric8.knative.serving.v1.TrafficTarget;
import io.fabric8.knative.serving.v1.TrafficTargetBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.util.List;
import java.util.Map;

/** Objects as Knative and Kubernetes write them. */
final class Objects {
    private Objects() {}

    static EndpointSlice slice(String revision, String suffix, Endpoint... endpoints) {
        return slice(revision, suffix, "Private", "decode", endpoints);
    }

    static EndpointSlice slice(String revision, String suffix, String type, String role, Endpoint... endpoints) {
        boolean own = type.equals("Private");
        return new EndpointSliceBuilder()
                .withNewMetadata()
                .withName(revision + (own ? "-private-" : "-") + suffix)
                .withLabels(Map.of(
                        Names.SERVICE_TYPE,
                        type,
                        Names.REVISION,
                        revision,
                        Names.SERVICE,
                        "chat",
                        Names.SERVICE_NAME,
                        own ? revision + "-private" : revision,
                        Role.LABEL,
                        role,
                        "app",
                        "chat"))
                .endMetadata()
                .withAddressType("IPv4")
                .withEndpoints(endpoints)
                .addNewPort()
                .withName("http-autometric")
                .withPort(9090)
                .endPort()
                .addNewPort()
                .withName("http")
                .withPort(8012)
                .endPort()
                .build();
    }

    static Endpoint pod(String name, String ip, boolean ready, boolean going) {
        return new EndpointBuilder()
                .withAddresses(ip)
                .withNodeName("node-1")
                .withZone("zone-a")
                .withNewConditions()
                .withReady(ready && !going)
                .withServing(ready)
                .withTerminating(going)
                .endConditions()
                .withNewTargetRef()
                .withKind("Pod")
                .withName(name)
                .endTargetRef()
                .build();
    }

    static Revision revision(String name, int port, long concurrency, String... args) {
        return new RevisionBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(Map.of(Names.SERVICE, "chat", "app", "chat"))
                .endMetadata()
                .withNewSpec()
                .withContainerConcurrency(concurrency)
                .addNewContainer()
                .withName("engine")
                .withArgs(args)
                .addNewPort()
                .withContainerPort(port)
                .endPort()
                .endContainer()
                .endSpec()
                .build();
    }

    static TrafficTarget share(String revision, long percent, String tag) {
        return new TrafficTargetBuilder()
                .withRevisionName(revision)
                .withPercent(percent)
                .withTag(tag)
                .build();
    }

    static Service service(TrafficTarget... traffic) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withName("chat")
                .endMetadata()
                .withNewStatus()
                .withTraffic(List.of(traffic))
                .endStatus()
                .build();
    }

    static Pod pod(String name, String ip, boolean ready, Map<String, String> labels) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .withNodeName("node-1")
                .addNewContainer()
                .withName("main")
                .withCommand("vllm", "serve", "m")
                .withArgs("--block-size", "32")
                .addNewPort()
                .withContainerPort(8001)
                .endPort()
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .withPodIP(ip)
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready ? "True" : "False")
                .endCondition()
                .endStatus()
                .build();
    }
}
