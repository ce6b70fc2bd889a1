package dev.sluice.knative;

import dev.sluice.core.discovery.Picture;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The pods that an InferencePool selects; when it selects others, those. And what InferenceObjectives and InferenceModelRewrites say
 * of its requests.
 */
final class PoolSight implements Sight {
    static final String GROUP = "inference.networking.k8s.io";
    private static final ResourceDefinitionContext POOLS = new ResourceDefinitionContext.Builder()
            .withGroup(GROUP)
            .withVersion("v1")
            .withKind("InferencePool")
            .withPlural("inferencepools")
            .withNamespaced(true)
            .build();

    private final KubernetesClient client;
    private final String namespace;
    private final String name;
    private final Runnable changed;
    private final Feed<GenericKubernetesResource> pool;
    private final RulesFeed rules;
    private @Nullable PodSight pods;
    private Optional<Selection> selection = Optional.empty();

    /** What a pool says. */
    record Selection(String selector, int port) {}

    PoolSight(KubernetesClient client, String namespace, String name, Runnable changed) {
        this.client = client;
        this.namespace = namespace;
        this.name = name;
        this.changed = changed;
        this.pool = new Feed<>(
                client.genericKubernetesResources(POOLS).inNamespace(namespace).withName(name),
                "inferencepools." + GROUP + " in namespace " + namespace,
                changed);
        this.rules = new RulesFeed(client, namespace, changed);
    }

    @Override
    public Picture look() {
        Optional<Selection> now = pool.items().stream().findFirst().flatMap(PoolSight::selection);
        if (!now.equals(selection)) {
            selection = now;
            closePods();
            pods = null;
            now.ifPresent(s -> pods = new PodSight(client, namespace, s.selector(), pod -> s.port(), changed));
        }
        List<String> problems = Sight.problems(pool);
        if (pods == null) {
            return new Picture(pool.synced(), List.of(), List.of(), problems)
                    .withProblem("there is no InferencePool " + namespace + "/" + name + " with a selector and a port");
        }
        Picture seen = pods.look();
        return new Picture(
                pool.synced() && seen.seen() && rules.known(),
                seen.found(),
                List.of(),
                problems.isEmpty() ? seen.problems() : problems,
                rules.rules(name));
    }

    static Optional<Selection> selection(GenericKubernetesResource pool) {
        if (!(pool.getAdditionalProperties().get("spec") instanceof Map<?, ?> spec)
                || !(spec.get("selector") instanceof Map<?, ?> selector)
                || !(selector.get("matchLabels") instanceof Map<?, ?> labels)
                || !(spec.get("targetPorts") instanceof List<?> ports)
                || ports.isEmpty()
                || !(ports.getFirst() instanceof Map<?, ?> first)
                || !(first.get("number") instanceof Number port)) {
            return Optional.empty();
        }
        Map<String, String> sorted = new TreeMap<>();
        labels.forEach((key, value) -> sorted.put(String.valueOf(key), String.valueOf(value)));
        String text = sorted.entrySet().stream()
                .map(e -> e.getKey() + "=" + e.getValue())
                .collect(Collectors.joining(","));
        return text.isEmpty() ? Optional.empty() : Optional.of(new Selection(text, port.intValue()));
    }

    private void closePods() {
        if (pods != null) {
            pods.close();
        }
    }

    @Override
    public void close() {
        pool.close();
        rules.close();
        closePods();
    }
}
