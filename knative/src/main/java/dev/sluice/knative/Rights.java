package dev.sluice.knative;

import dev.sluice.core.discovery.Wanted;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which rights a search needs, and which of them are missing: the API server itself is asked. */
final class Rights {
    private static final List<String> VERBS = List.of("list", "watch");

    /** A resource that is read. */
    record Resource(String group, String plural) {
        @Override
        public String toString() {
            return group.isEmpty() ? plural : plural + "." + group;
        }
    }

    private static final Resource SLICES = new Resource("discovery.k8s.io", "endpointslices");
    private static final Resource REVISIONS = new Resource("serving.knative.dev", "revisions");
    private static final Resource SERVICES = new Resource("serving.knative.dev", "services");
    private static final Resource PODS = new Resource("", "pods");
    private static final Resource POOLS = new Resource(PoolSight.GROUP, "inferencepools");

    private Rights() {}

    static List<Resource> needed(Wanted wanted) {
        return switch (wanted) {
            case Wanted.Knative _ -> List.of(SLICES, REVISIONS, SERVICES);
            case Wanted.Kserve _ -> List.of(SLICES, REVISIONS, SERVICES, PODS);
            case Wanted.InferencePool _ -> List.of(POOLS, PODS);
            case Wanted.Pods _ -> List.of(PODS);
        };
    }

    /** What is missing, one line for each resource. */
    static List<String> missing(KubernetesClient client, Wanted wanted) {
        List<String> lines = new ArrayList<>();
        try {
            for (Resource resource : needed(wanted)) {
                denied(client, wanted.namespace(), resource, VERBS).ifPresent(lines::add);
            }
        } catch (KubernetesClientException failed) {
            lines.add(Feed.words(failed, "selfsubjectaccessreviews.authorization.k8s.io"));
            return lines;
        }
        if (wanted instanceof Wanted.InferencePool) {
            for (String plural : List.of(RulesFeed.OBJECTIVES, RulesFeed.REWRITES)) {
                rules(client, wanted.namespace(), plural).ifPresent(lines::add);
            }
        }
        return lines;
    }

    /** What is missing to set {@code min-scale}. */
    static List<String> missingToScale(KubernetesClient client, String namespace) {
        try {
            return denied(client, namespace, REVISIONS, List.of("patch")).stream()
                    .toList();
        } catch (KubernetesClientException failed) {
            return List.of(Feed.words(failed, "selfsubjectaccessreviews.authorization.k8s.io"));
        }
    }

    private static Optional<String> denied(
            KubernetesClient client, String namespace, Resource resource, List<String> verbs) {
        List<String> denied = verbs.stream()
                .filter(verb -> !allowed(client, namespace, resource, verb))
                .toList();
        return denied.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "may not " + String.join(" and ", denied) + " " + resource + " in namespace " + namespace);
    }

    /** What may be there in one group or the other is needed in one of them only. */
    private static Optional<String> rules(KubernetesClient client, String namespace, String plural) {
        for (String group : RulesFeed.GROUPS) {
            Resource resource = new Resource(group, plural);
            if (VERBS.stream().allMatch(verb -> allowed(client, namespace, resource, verb))) {
                return Optional.empty();
            }
        }
        return Optional.of("may not " + String.join(" and ", VERBS) + " "
                + new Resource(RulesFeed.GROUPS.getFirst(), plural) + " in namespace " + namespace
                + ": without them objectives and rewrites do not count");
    }

    private static boolean allowed(KubernetesClient client, String namespace, Resource resource, String verb) {
        SelfSubjectAccessReview asked = new SelfSubjectAccessReviewBuilder()
                .withNewSpec()
                .withNewResourceAttributes()
                .withNamespace(namespace)
                .withGroup(resource.group())
                .withResource(resource.plural())
                .withVerb(verb)
                .endResourceAttributes()
                .endSpec()
                .build();
        SelfSubjectAccessReview answer =
                client.authorization().v1().selfSubjectAccessReview().create(asked);
        return answer.getStatus() != null
                && Boolean.TRUE.equals(answer.getStatus().getAllowed());
    }
}
