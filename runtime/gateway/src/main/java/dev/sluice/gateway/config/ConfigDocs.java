package dev.sluice.gateway.config;

import dev.sluice.spi.Doc;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import dev.sluice.spi.Secret;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The reference page of the configuration, in Markdown, from the same records that files are bound to. */
public final class ConfigDocs {
    private static final String INTRODUCTION = """
        <!-- Generated from the configuration records. Regenerate: ./sluice schema --format markdown > docs/configuration.md -->
        # Configuration

        A gateway reads one YAML file: `./sluice serve --config gateway.yaml`. `./sluice check --config gateway.yaml` says what
        is wrong with one, all of it at once, as `file:line:col: path: message`; nothing starts on a bad file, and a running
        gateway keeps the last good one. `apiVersion: sluice.dev/v1` and `kind: Gateway` may be left out.

        - Durations have a unit: `50ms`, `1s`, `1.5s`, `5m`, `1h30m`. Sizes too: `512B`, `32KiB`, `64MiB`, `2GiB`.
        - Secrets are never written in the file: `{file: PATH}` or `{env: NAME}`.
        - Relative paths are relative to the file they stand in.
        - Unknown keys are errors. Keys of features to come are refused as "not supported yet".
        - Only `pools` is required, and in a pool `name`, `models`, and either `endpoints` or `discovery`.

        """;

    private final Codecs codecs;
    private final StringBuilder out = new StringBuilder();
    private final Set<String> later = new TreeSet<>();

    private ConfigDocs(Codecs codecs) {
        this.codecs = codecs;
    }

    /** The page. */
    public static String markdown(Catalog catalog) {
        return new ConfigDocs(ConfigLoader.codecs(catalog).with(Quantity.class, new Quantity.Form())).page(catalog);
    }

    private record Section(String path, Class<?> type) {}

    private String page(Catalog catalog) {
        out.append(INTRODUCTION);
        sections(new Section("", GatewayConfig.class));
        out.append("## `routing.NAME`\n\nA policy, in place or as `{file: PATH}`; the file may be an llm-d")
                .append(" `EndpointPickerConfig`.\nA pool that names none gets the default policy.\n\n");
        sections(new Section("routing.NAME", RoutingRows.class));
        out.append("## `Tenant`: a tenant file\n\n"
                        + "One file per tenant in `tenants.directory`; `kind: Tenant` may be left")
                .append(" out. What it means: [tenants.md](tenants.md).\n\n");
        sections(new Section("Tenant", TenantConfig.class));
        out.append("## Parameters of plugin types\n\nWhat they compute: [plugins.md](plugins.md).\n\n");
        for (Catalog.Entry entry : catalog.entries()) {
            out.append("### `").append(entry.factory().type()).append("`\n\n");
            if (entry.factory().config() == NoConfig.class) {
                out.append("No parameters.\n\n");
            } else {
                table(new Section("", entry.factory().config()), new ArrayDeque<>());
            }
        }
        out.append("## Parameters of flow control policies\n\nWhat they do: [flow-control.md](flow-control.md).\n\n");
        for (FlowTypes.Type type : FlowTypes.all()) {
            out.append("### `").append(type.name()).append("`\n\n");
            if (type.parameters() == NoConfig.class) {
                out.append("No parameters.\n\n");
            } else {
                table(new Section("", type.parameters()), new ArrayDeque<>());
            }
        }
        out.append("## Not supported yet\n\n");
        out.append(later.stream().map(key -> "`" + key + "`").collect(Collectors.joining(", ")))
                .append(".\n");
        return out.toString();
    }

    private void sections(Section first) {
        Deque<Section> open = new ArrayDeque<>(List.of(first));
        while (!open.isEmpty()) {
            Section section = open.pop();
            if (!List.of("", "routing.NAME", "Tenant").contains(section.path)) {
                out.append("## `").append(section.path).append("`\n\n");
            }
            Deque<Section> inner = new ArrayDeque<>();
            table(section, inner);
            while (!inner.isEmpty()) {
                open.push(inner.removeLast());
            }
        }
    }

    private void table(Section section, Deque<Section> inner) {
        out.append("| key | value | default | meaning |\n|---|---|---|---|\n");
        Optional.ofNullable(section.type.getAnnotation(NotYet.class))
                .ifPresent(keys -> Arrays.stream(keys.value())
                        .map(key -> join(section.path, key))
                        .forEach(later::add));
        for (RecordComponent component : section.type.getRecordComponents()) {
            out.append("| `").append(component.getName()).append("` | ");
            out.append(value(component))
                    .append(" | ")
                    .append(fallback(component))
                    .append(" | ");
            out.append(Optional.ofNullable(component.getAnnotation(Doc.class))
                            .map(Doc::value)
                            .orElse(""))
                    .append(" |\n");
            inner(section, component).ifPresent(inner::add);
        }
        out.append('\n');
    }

    private Optional<Section> inner(Section section, RecordComponent component) {
        Type type = component.getGenericType();
        String path = join(section.path, component.getName());
        while (Set.of(Optional.class, List.class, Map.class).contains(Types.raw(type))) {
            boolean list = Types.raw(type) == List.class;
            boolean map = Types.raw(type) == Map.class;
            path += list ? "[]" : map ? ".NAME" : "";
            type = Types.argument(type, map ? 1 : 0);
        }
        Class<?> raw = Types.raw(type);
        boolean own = raw.isRecord() && codecs.find(raw).isEmpty() && raw != RoutingRows.Parameters.class;
        return own ? Optional.of(new Section(path, raw)) : Optional.empty();
    }

    private static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private static String fallback(RecordComponent component) {
        Optional<String> text = Defaults.of(component);
        if (Schema.isRequired(component)) {
            return "required";
        }
        return text.filter(value -> !value.equals("{}") && !value.equals("[]") && !value.matches("(\"\")?"))
                .map(value -> "`" + value + "`")
                .orElse("–");
    }

    private String value(RecordComponent component) {
        OneOf oneOf = component.getAnnotation(OneOf.class);
        if (oneOf != null) {
            return String.join(", ", oneOf.value());
        }
        String words = component.isAnnotationPresent(Secret.class)
                ? "{file: PATH} or {env: NAME}"
                : words(component.getGenericType());
        Range range = component.getAnnotation(Range.class);
        return range == null ? words : words + ", " + bounds(range, component);
    }

    private String bounds(Range range, RecordComponent component) {
        String unit = codecs.find(component.getType()).map(Codec::unit).orElse("");
        String least = Measure.plain(range.min());
        return Double.isInfinite(range.max())
                ? "at least " + least + unit
                : least + " to " + Measure.plain(range.max()) + unit;
    }

    private String words(Type type) {
        Class<?> raw = Types.raw(type);
        Optional<? extends Codec<?>> codec = codecs.find(raw);
        if (codec.isPresent()) {
            return codec.get().notation().replaceAll(" such as .*", "");
        } else if (raw == Optional.class) {
            return words(Types.argument(type, 0));
        } else if (raw == List.class || raw == Set.class) {
            Class<?> item = Types.raw(Types.argument(type, 0));
            return item.isRecord() && codecs.find(item).isEmpty() ? "a list" : "a list: " + words(item);
        } else if (raw == Map.class) {
            return "a mapping of names";
        } else if (raw.isRecord()) {
            return "a mapping";
        } else if (raw.isEnum()) {
            return Arrays.stream(raw.getEnumConstants()).map(Scalars::name).collect(Collectors.joining(", "));
        } else if (raw == String.class) {
            return "text";
        } else if (raw == boolean.class || raw == Boolean.class) {
            return "true, false";
        }
        boolean decimal =
                Set.of(double.class, Double.class, OptionalDouble.class).contains(raw);
        boolean whole = Set.of(int.class, Integer.class, OptionalInt.class, long.class, Long.class, OptionalLong.class)
                .contains(raw);
        return decimal ? "a number" : whole ? "a whole number" : raw.getSimpleName();
    }
}
