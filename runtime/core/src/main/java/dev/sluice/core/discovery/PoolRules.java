package dev.sluice.core.discovery;

import dev.sluice.core.index.Xxh64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What objects beside an InferencePool say of its requests: InferenceObjectives give names to priorities, InferenceModelRewrites
 * put another model in the place of the one that is asked for.
 *
 * <p>Which rewrite counts is as in llm-d's picker ({@code pkg/epp/datastore} of llm-d-router): a rule that names the model before
 * one for all models, then the older object, then the rule that stands first. Weights likewise: of targets with and without
 * weights those without are never taken; where none has one, all are alike.
 *
 * @param objectives priority by name; the highest goes first, below 0 may be shed
 * @param rewrites the oldest first
 */
public record PoolRules(Map<String, Integer> objectives, List<Rewrite> rewrites) {
    /** Nothing is said. */
    public static final PoolRules NONE = new PoolRules(Map.of(), List.of());

    private static final long DRAW = 0x7265777269746573L;

    /** Copies both, and brings the rewrites into their order. */
    public PoolRules {
        objectives = Collections.unmodifiableMap(new TreeMap<>(objectives));
        rewrites = rewrites.stream().sorted(Rewrite::byAge).toList();
    }

    /**
     * One object.
     *
     * @param created ms since 1970
     */
    public record Rewrite(String name, long created, List<Rule> rules) {
        /** Copies the rules. */
        public Rewrite {
            rules = List.copyOf(rules);
        }

        private static int byAge(Rewrite a, Rewrite b) {
            int order = Long.compare(a.created, b.created);
            return order == 0 ? a.name.compareTo(b.name) : order;
        }
    }

    /**
     * One rule.
     *
     * @param models that it is about; empty for all
     * @param targets what is put in their place; one of them by weight
     */
    public record Rule(Set<String> models, List<Target> targets) {
        /** Copies both. */
        public Rule {
            models = Collections.unmodifiableSet(new TreeSet<>(models));
            targets = List.copyOf(targets);
        }
    }

    /** A model to be sent, and its weight, 1 to 1,000,000. */
    public record Target(String model, OptionalInt weight) {}

    /** What an objective's name stands for; empty when there is no such objective. */
    public OptionalInt priority(String objective) {
        Integer priority = objectives.get(objective);
        return priority == null ? OptionalInt.empty() : OptionalInt.of(priority);
    }

    /** Whether a rule names this model. */
    public boolean names(String asked) {
        return rewrites.stream()
                .flatMap(rewrite -> rewrite.rules().stream())
                .anyMatch(rule -> rule.models().contains(asked));
    }

    /**
     * What is put in the place of a model; empty when it stays.
     *
     * @param chance decides between targets: the same for what should always get the same
     */
    public Optional<String> model(String asked, long chance) {
        if (rewrites.isEmpty()) {
            return Optional.empty();
        }
        return rule(asked)
                .filter(rule -> !rule.targets().isEmpty())
                .map(rule -> drawn(rule.targets(), chance).model())
                .filter(model -> !model.equals(asked));
    }

    private Optional<Rule> rule(String asked) {
        Optional<Rule> general = Optional.empty();
        for (Rewrite rewrite : rewrites) {
            for (Rule rule : rewrite.rules()) {
                if (rule.models().contains(asked)) {
                    return Optional.of(rule);
                }
                if (general.isEmpty() && rule.models().isEmpty()) {
                    general = Optional.of(rule);
                }
            }
        }
        return general;
    }

    private static Target drawn(List<Target> targets, long chance) {
        long all = 0;
        for (Target target : targets) {
            all += target.weight().orElse(0);
        }
        long hash = Xxh64.hash(chance, DRAW);
        if (all == 0) {
            return targets.get(Math.floorMod(hash, targets.size()));
        }
        long point = Math.floorMod(hash, all);
        for (Target target : targets) {
            point -= target.weight().orElse(0);
            if (point < 0) {
                return target;
            }
        }
        throw new IllegalStateException("weights that do not add up");
    }
}
