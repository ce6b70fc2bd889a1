package dev.sluice.knative;

import dev.sluice.core.discovery.PoolRules;
import dev.sluice.core.discovery.PoolRules.Rewrite;
import dev.sluice.core.discovery.PoolRules.Rule;
import dev.sluice.core.discovery.PoolRules.Target;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * InferenceObjectives and InferenceModelRewrites of one namespace, of llm-d's group and of the one that they had before. A cluster
 * may have both, one, or none: what is not there says nothing.
 */
final class RulesFeed implements AutoCloseable {
    static final List<String> GROUPS = List.of("llm-d.ai", "inference.networking.x-k8s.io");
    static final String OBJECTIVES = "inferenceobjectives";
    static final String REWRITES = "inferencemodelrewrites";
    private static final String VERSION = "v1alpha2";

    private final List<Feed<GenericKubernetesResource>> objectives;
    private final List<Feed<GenericKubernetesResource>> rewrites;

    RulesFeed(KubernetesClient client, String namespace, Runnable changed) {
        objectives = GROUPS.stream()
                .map(group -> feed(client, namespace, group, "InferenceObjective", OBJECTIVES, changed))
                .toList();
        rewrites = GROUPS.stream()
                .map(group -> feed(client, namespace, group, "InferenceModelRewrite", REWRITES, changed))
                .toList();
    }

    private static Feed<GenericKubernetesResource> feed(
            KubernetesClient client, String namespace, String group, String kind, String plural, Runnable changed) {
        ResourceDefinitionContext context = new ResourceDefinitionContext.Builder()
                .withGroup(group)
                .withVersion(VERSION)
                .withKind(kind)
                .withPlural(plural)
                .withNamespaced(true)
                .build();
        return new Feed<>(
                client.genericKubernetesResources(context).inNamespace(namespace),
                plural + "." + group + " in namespace " + namespace,
                changed,
                System.Logger.Level.DEBUG);
    }

    /** True when all that is there has come: requests must not miss a rule because they came early. */
    boolean known() {
        return Stream.concat(objectives.stream(), rewrites.stream()).allMatch(feed -> feed.synced() || feed.refused());
    }

    /** What is said of the requests of this pool. */
    PoolRules rules(String pool) {
        Map<String, Integer> priorities = new TreeMap<>();
        // Those of the newer group go over those of the older one.
        objectives
                .reversed()
                .forEach(feed -> feed.items().stream()
                        .filter(object -> isOf(object, pool))
                        .forEach(object -> priorities.put(
                                object.getMetadata().getName(),
                                spec(object).get("priority") instanceof Number n ? n.intValue() : 0)));
        List<Rewrite> all = rewrites.stream()
                .flatMap(feed -> feed.items().stream())
                .filter(object -> isOf(object, pool))
                .map(object -> new Rewrite(object.getMetadata().getName(), created(object), rewriteRules(object)))
                .toList();
        return new PoolRules(priorities, all);
    }

    private static Map<?, ?> spec(GenericKubernetesResource object) {
        return object.getAdditionalProperties().get("spec") instanceof Map<?, ?> spec ? spec : Map.of();
    }

    private static boolean isOf(GenericKubernetesResource object, String pool) {
        return object.getMetadata().getDeletionTimestamp() == null
                && spec(object).get("poolRef") instanceof Map<?, ?> ref
                && pool.equals(ref.get("name"));
    }

    private static long created(GenericKubernetesResource object) {
        String text = object.getMetadata().getCreationTimestamp();
        try {
            return text == null ? 0 : Instant.parse(text).toEpochMilli();
        } catch (DateTimeParseException odd) {
            return 0;
        }
    }

    private static List<Rule> rewriteRules(GenericKubernetesResource object) {
        List<Rule> rules = new ArrayList<>();
        for (Map<?, ?> rule : maps(spec(object).get("rules"))) {
            TreeSet<String> models = new TreeSet<>();
            for (Map<?, ?> match : maps(rule.get("matches"))) {
                if (match.get("model") instanceof Map<?, ?> model && model.get("value") instanceof String value) {
                    models.add(value);
                }
            }
            List<Target> targets = new ArrayList<>();
            for (Map<?, ?> target : maps(rule.get("targets"))) {
                if (target.get("modelRewrite") instanceof String model) {
                    targets.add(new Target(
                            model,
                            target.get("weight") instanceof Number n
                                    ? OptionalInt.of(Math.max(0, n.intValue()))
                                    : OptionalInt.empty()));
                }
            }
            // A rule with matches that can't be read is not one for all models.
            if (!models.isEmpty() || maps(rule.get("matches")).isEmpty()) {
                rules.add(new Rule(models, targets));
            }
        }
        return rules;
    }

    private static List<Map<?, ?>> maps(@Nullable Object value) {
        List<Map<?, ?>> maps = new ArrayList<>();
        if (value instanceof List<?> list) {
            for (Object one : list) {
                if (one instanceof Map<?, ?> map) {
                    maps.add(map);
                }
            }
        }
        return maps;
    }

    @Override
    public void close() {
        objectives.forEach(Feed::close);
        rewrites.forEach(Feed::close);
    }
}
