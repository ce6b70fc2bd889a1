package dev.sluice.gateway.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.spi.Secret;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** A configuration in force, defaults included, as it would be written, secrets masked. */
public final class EffectiveConfig {
    private final Codecs codecs;

    EffectiveConfig(Codecs codecs) {
        this.codecs = codecs;
    }

    /** The configuration as JSON. */
    public static String json(GatewayConfig config, Catalog catalog) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("apiVersion", "sluice.dev/v1");
        tree.put("kind", "Gateway");
        tree.putAll(new EffectiveConfig(ConfigLoader.codecs(catalog)).tree(config));
        try {
            return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(tree);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of maps is always JSON", e);
        }
    }

    /** Parameters of a plugin type, defaults included, secrets masked. */
    public static Map<String, Object> parameters(Record parameters) {
        return new EffectiveConfig(Codecs.common()).tree(parameters);
    }

    Map<String, Object> tree(Record config) {
        Map<String, Object> tree = new LinkedHashMap<>();
        for (RecordComponent component : config.getClass().getRecordComponents()) {
            Object value = component(config, component);
            boolean secret = component.isAnnotationPresent(Secret.class) && isThere(value);
            show(component.getGenericType(), secret ? new SecretText("") : value)
                    .ifPresent(shown -> tree.put(component.getName(), shown));
        }
        return tree;
    }

    private static boolean isThere(Object value) {
        return !(value instanceof Optional<?> optional) || optional.isPresent();
    }

    private Optional<Object> show(Type type, Object value) {
        Optional<? extends Codec<?>> codec = codecs.find(Types.raw(type));
        return switch (value) {
            case SecretText secret -> Optional.of(secret.toString());
            case Optional<?> optional -> optional.flatMap(inner -> show(Types.argument(type, 0), inner));
            case OptionalInt number -> number.isPresent() ? Optional.of(number.getAsInt()) : Optional.empty();
            case OptionalLong number -> number.isPresent() ? Optional.of(number.getAsLong()) : Optional.empty();
            case OptionalDouble number -> number.isPresent() ? Optional.of(number.getAsDouble()) : Optional.empty();
            case Collection<?> items ->
                Optional.of(items.stream()
                        .flatMap(item -> show(Types.argument(type, 0), item).stream())
                        .toList());
            case Map<?, ?> map -> {
                Map<String, Object> shown = new LinkedHashMap<>();
                map.forEach((key, item) ->
                        show(Types.argument(type, 1), item).ifPresent(s -> shown.put(key.toString(), s)));
                yield Optional.of(shown);
            }
            default -> {
                if (codec.isPresent()) {
                    yield Optional.of(Codecs.show(codec.get(), value));
                } else if (value instanceof Record record) {
                    yield Optional.of(tree(record));
                }
                yield Optional.of(value instanceof Enum<?> constant ? Scalars.name(constant) : value);
            }
        };
    }

    private static Object component(Record config, RecordComponent component) {
        try {
            Method accessor = component.getAccessor();
            accessor.setAccessible(true);
            return accessor.invoke(config);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("can't read " + component, e);
        }
    }
}
