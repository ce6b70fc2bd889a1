package dev.sluice.gateway.config;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a claim must have: one of these values.
 *
 * @param values at least one
 */
public record ClaimValues(Set<String> values) {
    /** Keeps their order. */
    public ClaimValues {
        values = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(values));
    }

    static final class Form implements Codec<ClaimValues> {
        @Override
        public Optional<ClaimValues> read(Node node, Reading at) {
            if (!(node instanceof Node.Sequence sequence)) {
                return Scalars.text(node, at).map(text -> new ClaimValues(Set.of(text)));
            }
            if (sequence.items().isEmpty()) {
                return at.error(node, "must be at least 1 entries, is 0");
            }
            Set<String> values = new LinkedHashSet<>();
            boolean all = true;
            for (int i = 0; i < sequence.items().size(); i++) {
                Reading item = at.item(i);
                item.seen(sequence.items().get(i));
                Optional<String> text = Scalars.text(sequence.items().get(i), item);
                text.ifPresent(values::add);
                all &= text.isPresent();
            }
            return all ? Optional.of(new ClaimValues(values)) : Optional.empty();
        }

        @Override
        public String notation() {
            return "a text, or a list of texts of which one must be there";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of(
                    "oneOf",
                    List.of(
                            Map.of("type", "string"),
                            Map.of("type", "array", "items", Map.of("type", "string"), "minItems", 1)));
        }

        @Override
        public Object show(ClaimValues value) {
            return value.values.size() == 1 ? value.values.iterator().next() : List.copyOf(value.values);
        }
    }
}
