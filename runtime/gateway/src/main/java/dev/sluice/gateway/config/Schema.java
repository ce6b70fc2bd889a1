package dev.sluice.gateway.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import dev.sluice.spi.Secret;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;

/** JSON Schema (2020-12) of the configuration, from the same records that it is bound to. */
public final class Schema {
    private final Codecs codecs;

    Schema(Codecs codecs) {
        this.codecs = codecs;
    }

    /** The schema of a Gateway configuration, with the parameters of every plugin type of the catalog. */
    public static String json(Catalog catalog) {
        Map<String, Object> schema =
                new TreeMap<>(new Schema(ConfigLoader.codecs(catalog)).record(GatewayConfig.class));
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "Sluice Gateway configuration");
        Map<String, Object> properties = new TreeMap<>();
        ((Map<?, ?>) schema.getOrDefault("properties", Map.of())).forEach((k, v) -> properties.put(k.toString(), v));
        properties.put("apiVersion", Map.of("const", "sluice.dev/v1"));
        properties.put("kind", Map.of("const", "Gateway"));
        schema.put("properties", properties);
        schema.put("$defs", Map.of("Tenant", tenant(catalog)));
        try {
            return new ObjectMapper()
                    .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                    .writerWithDefaultPrettyPrinter()
                    .writeValueAsString(schema);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of maps is always JSON", e);
        }
    }

    /** A tenant file's. */
    private static Map<String, Object> tenant(Catalog catalog) {
        Map<String, Object> schema = new TreeMap<>(new Schema(ConfigLoader.codecs(catalog)).record(TenantConfig.class));
        Map<String, Object> properties = new TreeMap<>();
        ((Map<?, ?>) schema.getOrDefault("properties", Map.of())).forEach((k, v) -> properties.put(k.toString(), v));
        properties.put("apiVersion", Map.of("const", "sluice.dev/v1"));
        properties.put("kind", Map.of("const", "Tenant"));
        schema.put("properties", properties);
        return schema;
    }

    Map<String, Object> record(Class<?> type) {
        Map<String, Object> properties = new TreeMap<>();
        List<String> required = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            properties.put(component.getName(), component(component));
            if (isRequired(component)) {
                required.add(component.getName());
            }
        }
        Map<String, Object> schema = new TreeMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        schema.put("additionalProperties", false);
        if (!required.isEmpty()) {
            schema.put("required", required);
        }
        return schema;
    }

    /** True when leaving the key out is an error. */
    static boolean isRequired(RecordComponent component) {
        return Defaults.of(component).isEmpty() && Defaults.empty(component).isEmpty();
    }

    private Map<String, Object> component(RecordComponent component) {
        Class<?> raw = component.getType();
        Map<String, Object> schema = new TreeMap<>(
                component.isAnnotationPresent(Secret.class)
                        ? new SecretText.Form().schema()
                        : type(component.getGenericType()));
        Optional.ofNullable(component.getAnnotation(Doc.class))
                .ifPresent(doc -> schema.put("description", doc.value()));
        Defaults.of(component).ifPresent(text -> schema.put("default", Defaults.json(text, raw)));
        Optional.ofNullable(component.getAnnotation(OneOf.class))
                .ifPresent(oneOf -> schema.put("enum", Arrays.asList(oneOf.value())));
        Range range = component.getAnnotation(Range.class);
        if (range != null) {
            boolean list = raw == List.class || raw == Set.class;
            boolean number = !list && !codecs.find(raw).isPresent();
            if ((list || number) && Double.isFinite(range.min())) {
                schema.put(list ? "minItems" : "minimum", number(range.min()));
            }
            if ((list || number) && Double.isFinite(range.max())) {
                schema.put(list ? "maxItems" : "maximum", number(range.max()));
            }
        }
        return schema;
    }

    private static Object number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? (Object) (long) value : (Object) value;
    }

    private Map<String, Object> type(Type type) {
        Class<?> raw = Types.raw(type);
        Optional<? extends Codec<?>> codec = codecs.find(raw);
        if (codec.isPresent()) {
            return codec.get().schema();
        } else if (raw.isRecord()) {
            return record(raw);
        } else if (raw == Optional.class) {
            return type(Types.argument(type, 0));
        } else if (raw == List.class || raw == Set.class) {
            return Map.of("type", "array", "items", type(Types.argument(type, 0)));
        } else if (raw == Map.class) {
            return Map.of("type", "object", "additionalProperties", type(Types.argument(type, 1)));
        } else if (raw.isEnum()) {
            return Map.of(
                    "enum",
                    Arrays.stream(raw.getEnumConstants()).map(Scalars::name).toList());
        } else if (raw == String.class) {
            return Map.of("type", "string");
        } else if (raw == boolean.class || raw == Boolean.class) {
            return Map.of("type", "boolean");
        }
        boolean decimal = raw == double.class || raw == Double.class || raw == OptionalDouble.class;
        return Map.of("type", decimal ? "number" : "integer");
    }

    Map<String, Object> routing(Catalog catalog) {
        List<Object> rows = new ArrayList<>();
        for (Catalog.Entry entry : catalog.entries()) {
            Map<String, Object> row = new TreeMap<>(record(RoutingRows.PluginRow.class));
            row.put(
                    "properties",
                    Map.of(
                            "type",
                            Map.of("const", entry.factory().type()),
                            "name",
                            Map.of("type", "string"),
                            "parameters",
                            record(entry.factory().config())));
            row.put("required", List.of("type"));
            rows.add(row);
        }
        for (FlowTypes.Type type : FlowTypes.all()) {
            rows.add(Map.of(
                    "type",
                    "object",
                    "additionalProperties",
                    false,
                    "properties",
                    Map.of(
                            "type",
                            Map.of("const", type.name()),
                            "name",
                            Map.of("type", "string"),
                            "parameters",
                            record(type.parameters())),
                    "required",
                    List.of("type")));
        }
        Map<String, Object> policy = new TreeMap<>(record(RoutingRows.class));
        Map<String, Object> properties = new TreeMap<>();
        ((Map<?, ?>) policy.getOrDefault("properties", Map.of())).forEach((k, v) -> properties.put(k.toString(), v));
        properties.put("plugins", Map.of("type", "array", "minItems", 1, "items", Map.of("oneOf", rows)));
        policy.put("properties", properties);
        Map<String, Object> file = Map.of(
                "type",
                "object",
                "properties",
                Map.of("file", Map.of("type", "string")),
                "required",
                List.of("file"),
                "additionalProperties",
                false);
        return Map.of("oneOf", List.of(policy, file));
    }
}
