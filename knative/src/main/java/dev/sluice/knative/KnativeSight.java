package dev.sluice.knative;

import dev.sluice.core.discovery.Picture;
import io.fabric8.knative.client.KnativeClient;
import io.fabric8.knative.serving.v1.Revision;
import io.fabric8.knative.serving.v1.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;

/** Knative revisions of one namespace. */
final class KnativeSight implements Sight {
    private final String namespace;
    private final Feed<EndpointSlice> slices;
    private final Feed<Revision> revisions;
    private final Feed<Service> services;

    KnativeSight(KubernetesClient client, String namespace, String selector, Runnable changed) {
        this.namespace = namespace;
        KnativeClient knative = client.adapt(KnativeClient.class);
        String in = " in namespace " + namespace;
        // Slices of other services carry no such label, so that a namespace full of them costs nothing here.
        String typed = selector.isEmpty() ? Names.SERVICE_TYPE : selector + "," + Names.SERVICE_TYPE;
        this.slices = new Feed<>(
                client.discovery().v1().endpointSlices().inNamespace(namespace).withLabelSelector(typed),
                "endpointslices.discovery.k8s.io" + in,
                changed);
        this.revisions = new Feed<>(
                selector.isEmpty()
                        ? knative.revisions().inNamespace(namespace)
                        : knative.revisions().inNamespace(namespace).withLabelSelector(selector),
                "revisions.serving.knative.dev" + in,
                changed);
        this.services =
                new Feed<>(knative.services().inNamespace(namespace), "services.serving.knative.dev" + in, changed);
    }

    @Override
    public Picture look() {
        boolean revisionsKnown = revisions.synced() || revisions.refused();
        boolean servicesKnown = services.synced() || services.refused();
        return new KnativePicture(namespace, slices.items(), revisions.items(), services.items(), revisions.refused())
                .make(slices.synced() && revisionsKnown && servicesKnown, Sight.problems(slices, revisions, services));
    }

    @Override
    public void close() {
        slices.close();
        revisions.close();
        services.close();
    }
}
