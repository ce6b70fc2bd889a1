package dev.sluice.gateway.config;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which LoRA adapters a pool serves.
 *
 * @param discover true when the engines are asked
 * @param names those that are listed; empty when {@code discover}
 */
public record Adapters(boolean discover, List<String> names) {
    static final class Form implements Codec<Adapters> {
        @Override
        public Optional<Adapters> read(Node node, Reading at) {
            if (node instanceof Node.Sequence sequence) {
                LinkedHashSet<String> names = new LinkedHashSet<>();
                for (int i = 0; i < sequence.items().size(); i++) {
                    Reading item = at.item(i);
                    Node value = sequence.items().get(i);
                    item.seen(value);
                    Scalars.text(value, item)
                            .filter(name -> checked(name, value, item))
                            .ifPresent(names::add);
                }
                return names.size() == sequence.items().size()
                        ? Optional.of(new Adapters(false, List.copyOf(names)))
                        : Optional.empty();
            }
            return Scalars.text(node, at).flatMap(word -> switch (word) {
                case "discover" -> Optional.of(new Adapters(true, List.of()));
                case "none" -> Optional.of(new Adapters(false, List.of()));
                default -> at.error(node, Scalars.notOneOf(word, List.of("discover", "none")) + ", or a list");
            });
        }

        private static boolean checked(String name, Node node, Reading at) {
            if (name.isBlank()) {
                at.error(node, "the name is empty");
            }
            return !name.isBlank();
        }

        @Override
        public String notation() {
            return "discover, none, or a list of names";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of(
                    "oneOf",
                    List.of(
                            Map.of("enum", List.of("discover", "none")),
                            Map.of("type", "array", "items", Map.of("type", "string"))));
        }

        @Override
        public Object show(Adapters value) {
            return value.discover ? "discover" : value.names.isEmpty() ? "none" : value.names;
        }
    }
}
