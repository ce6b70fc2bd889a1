package dev.sluice.gateway.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The names that clients may use for a pool's models.
 *
 * @param discover true when every name that an engine lists leads to the engines that list it, and is sent unchanged
 * @param names those that are written; the first is what the engine is sent; empty when {@code discover}
 */
public record Models(boolean discover, List<String> names) {
    /** Whatever the engines list. */
    public static final Models DISCOVER = new Models(true, List.of());

    static final class Form implements Codec<Models> {
        @Override
        public Optional<Models> read(Node node, Reading at) {
            if (node instanceof Node.Scalar word && word.text().equals("discover")) {
                return Optional.of(DISCOVER);
            }
            if (!(node instanceof Node.Sequence sequence)) {
                return at.expected("a list, or discover", node);
            }
            if (sequence.items().isEmpty()) {
                return at.error(node, "must be at least 1 entries, is 0");
            }
            List<String> names = new ArrayList<>();
            for (int i = 0; i < sequence.items().size(); i++) {
                Reading item = at.item(i);
                item.seen(sequence.items().get(i));
                Scalars.text(sequence.items().get(i), item).ifPresent(names::add);
            }
            return names.size() == sequence.items().size()
                    ? Optional.of(new Models(false, List.copyOf(names)))
                    : Optional.empty();
        }

        @Override
        public String notation() {
            return "discover, or a list of names";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of(
                    "oneOf",
                    List.of(
                            Map.of("const", "discover"),
                            Map.of("type", "array", "items", Map.of("type", "string"), "minItems", 1)));
        }

        @Override
        public Object show(Models value) {
            return value.discover ? "discover" : value.names;
        }
    }
}
