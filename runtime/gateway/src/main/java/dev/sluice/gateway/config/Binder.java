package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import dev.sluice.spi.Secret;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Nodes to records. A component's name is its key; its annotations are its default and its bounds. Components may be
 * texts, booleans, numbers, enums, durations, records, types with a {@link Codec}, and lists, maps with text keys and
 * optionals of those. A component is required unless it has a {@link dev.sluice.spi.Default} or is an optional, list or
 * map; a list with a lower {@link Range} is required. All that is wrong is reported, not only the first thing.
 */
final class Binder {
    private final Codecs codecs;

    Binder(Codecs codecs) {
        this.codecs = codecs;
    }

    /**
     * Binds a record. Empty when a value could not be made; what is wrong is reported. An unknown key is reported and
     * does not keep the rest from being bound, so that checks across values can go on.
     */
    <R extends Record> Optional<R> bind(Class<R> type, Node node, Reading at) {
        at.seen(node);
        if (!(node instanceof Node.Mapping mapping)) {
            return at.expected("a mapping", node);
        }
        Map<String, Node.Entry> entries = unique(mapping, at);
        List<String> known = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
        entries.values().stream()
                .filter(entry -> !known.contains(entry.key()))
                .forEach(entry -> refuse(type, entry, at));
        List<Object> values = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            Node.Entry entry = entries.get(component.getName());
            Reading inside = at.key(component.getName());
            Optional<Object> value =
                    entry == null ? absent(component, mapping, inside) : value(component, entry.value(), inside);
            value.ifPresent(values::add);
        }
        return values.size() == known.size() ? construct(type, values, mapping, at) : Optional.empty();
    }

    private static void refuse(Class<?> type, Node.Entry entry, Reading at) {
        String key = entry.key();
        Reading inside = at.key(key);
        for (Removed removed : type.getAnnotationsByType(Removed.class)) {
            if (removed.key().equals(key)) {
                inside.error(entry.at(), "was removed: use " + removed.use());
                return;
            }
        }
        NotYet later = type.getAnnotation(NotYet.class);
        if (later != null && Arrays.asList(later.value()).contains(key)) {
            inside.error(entry.at(), "is not supported yet");
            return;
        }
        List<String> known = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
        inside.error(entry.at(), "unknown key" + Nearest.hint(key, known));
    }

    private static Map<String, Node.Entry> unique(Node.Mapping mapping, Reading at) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        for (Node.Entry entry : mapping.entries()) {
            Node.Entry first = entries.putIfAbsent(entry.key(), entry);
            if (first != null) {
                at.key(entry.key())
                        .error(
                                entry.at(),
                                "this key stands twice, first in line "
                                        + first.at().line());
            }
        }
        return entries;
    }

    private Optional<Object> absent(RecordComponent component, Node.Mapping mapping, Reading at) {
        Optional<String> text = Defaults.of(component);
        if (text.isPresent()) {
            if (component.getType() == String.class) {
                return Optional.of(Defaults.text(text.get()));
            }
            return Yaml.read(at.file().toString(), text.get(), at.problems())
                    .map(node -> Defaults.moved(node, mapping.at()))
                    .flatMap(node -> value(component, node, at));
        }
        return Defaults.empty(component).or(() -> at.error(mapping, "is missing"));
    }

    private Optional<Object> value(RecordComponent component, Node node, Reading at) {
        at.seen(node);
        if (component.isAnnotationPresent(Secret.class) && component.getType() != SecretText.class) {
            return secret(component, node, at);
        }
        Optional<Object> value = value(component.getGenericType(), node, at);
        return value.filter(v -> inRange(component, v, node, at) && oneOf(component, v, node, at));
    }

    private Optional<Object> secret(RecordComponent component, Node node, Reading at) {
        Optional<SecretText> read = codecs.find(SecretText.class).orElseThrow().read(node, at);
        if (component.getType() == String.class) {
            return read.map(SecretText::value);
        }
        return read.map(text -> Types.argument(component.getGenericType(), 0) == String.class
                ? Optional.of(text.value())
                : Optional.of(text));
    }

    private Optional<Object> value(Type type, Node node, Reading at) {
        at.seen(node);
        Class<?> raw = Types.raw(type);
        Optional<? extends Codec<?>> codec = codecs.find(raw);
        if (codec.isPresent()) {
            return codec.get().read(node, at).map(value -> (Object) value);
        } else if (raw.isRecord()) {
            return bind(raw.asSubclass(Record.class), node, at).map(value -> (Object) value);
        } else if (raw == Optional.class) {
            return value(Types.argument(type, 0), node, at).map(Optional::of);
        } else if (raw == List.class || raw == Set.class) {
            return list(Types.argument(type, 0), node, at)
                    .map(items -> raw == List.class ? (Object) items : new LinkedHashSet<>(items));
        } else if (raw == Map.class) {
            return map((ParameterizedType) type, node, at);
        }
        return Scalars.read(raw, node, at);
    }

    private Optional<List<Object>> list(Type item, Node node, Reading at) {
        if (!(node instanceof Node.Sequence sequence)) {
            return at.expected("a list", node);
        }
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < sequence.items().size(); i++) {
            value(item, sequence.items().get(i), at.item(i)).ifPresent(items::add);
        }
        return items.size() == sequence.items().size() ? Optional.of(List.copyOf(items)) : Optional.empty();
    }

    private Optional<Object> map(ParameterizedType type, Node node, Reading at) {
        if (!(node instanceof Node.Mapping mapping)) {
            return at.expected("a mapping", node);
        }
        Map<String, Object> values = new LinkedHashMap<>();
        Map<String, Node.Entry> entries = unique(mapping, at);
        entries.forEach((key, entry) ->
                value(Types.argument(type, 1), entry.value(), at.key(key)).ifPresent(value -> values.put(key, value)));
        return values.size() == entries.size() ? Optional.of(Collections.unmodifiableMap(values)) : Optional.empty();
    }

    private boolean inRange(RecordComponent component, Object value, Node node, Reading at) {
        Range range = component.getAnnotation(Range.class);
        if (range == null) {
            return true;
        }
        Optional<Measure> measure = Measure.of(value, codecs);
        if (measure.isEmpty()
                || (measure.get().number() >= range.min() && measure.get().number() <= range.max())) {
            return true;
        }
        at.error(node, measure.get().outside(range));
        return false;
    }

    private static boolean oneOf(RecordComponent component, Object value, Node node, Reading at) {
        OneOf allowed = component.getAnnotation(OneOf.class);
        Object text = value instanceof Optional<?> optional
                ? optional.map(o -> (Object) o).orElse("")
                : value;
        if (allowed == null
                || !(text instanceof String word)
                || Arrays.asList(allowed.value()).contains(word)) {
            return true;
        }
        at.error(node, Scalars.notOneOf(word, Arrays.asList(allowed.value())));
        return false;
    }

    private static <R extends Record> Optional<R> construct(Class<R> type, List<Object> values, Node node, Reading at) {
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            Constructor<R> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return Optional.of(constructor.newInstance(values.toArray()));
        } catch (InvocationTargetException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            boolean meant = cause instanceof ConfigException || cause instanceof IllegalArgumentException;
            return at.error(node, meant ? String.valueOf(cause.getMessage()) : "refused with " + cause);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " can't be made", e);
        }
    }
}
