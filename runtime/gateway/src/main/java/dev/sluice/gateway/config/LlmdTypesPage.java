package dev.sluice.gateway.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/** The page that says what becomes of each of llm-d's plugin types, in Markdown, from the table that the loader uses. */
public final class LlmdTypesPage {
    private static final String INTRODUCTION = """
            <!-- Generated from the table that the loader uses. Regenerate: ./sluice schema --format types > docs/llm-d-types.md -->
            # llm-d's plugin types

            Every type that an `EndpointPickerConfig` may name, those of llm-d's experimental stage and of its earlier releases
            included, and what becomes of it here. Nothing is left out in silence: a type that is not built in is either done by
            the gateway itself, or has no effect and is a warning, or is an error that says why. How the built-in ones differ
            from llm-d's stands in [plugins.md](plugins.md); how to move over in [migrate-from-llm-d.md](migrate-from-llm-d.md).

            In llm-d: *alpha* types need `--allow-experimental-plugins` there (not here), *deprecated* ones still work,
            *gone* ones were in an earlier release, *own* ones are
            Sluice's and not known there. A plugin's jar may bring a type of any of these names that is not built in.

            """;

    private LlmdTypesPage() {}

    /** The page. */
    public static String markdown(Catalog catalog) {
        StringBuilder out = new StringBuilder(INTRODUCTION);
        out.append("| type | is a | in llm-d | here |\n|---|---|---|---|\n");
        Collection<LlmdType> all = LlmdTypes.all();
        for (LlmdType type : all) {
            out.append("| `%s` | %s | %s | %s |\n"
                    .formatted(type.name(), type.kind().label(), Scalars.name(type.standing()), here(type, catalog)));
        }
        out.append("\n## Parameters that are treated otherwise\n\n");
        out.append("Of built-in types, beside those of [configuration.md](configuration.md).\n\n");
        out.append("| type | parameter | here |\n|---|---|---|\n");
        new TreeMap<>(LlmdParameters.odd())
                .forEach((type, parameters) -> new TreeMap<>(parameters)
                        .forEach((name, odd) -> out.append("| `%s` | `%s` | %s: %s |\n"
                                .formatted(type, name, odd.refused() ? "error" : "no effect", odd.why()))));
        out.append(own(catalog, all));
        return out.toString();
    }

    private static String here(LlmdType type, Catalog catalog) {
        if (catalog.find(type.name()).isPresent()) {
            return type.state() instanceof LlmdType.NoEffect none
                    ? "built in, without effect so far: " + none.why()
                    : "built in";
        }
        return switch (type.state()) {
            case LlmdType.BuiltIn _ -> "error: not in this build";
            case LlmdType.Alias other -> "old name of `" + other.of() + "`";
            case LlmdType.Gateway gateway -> "done by the gateway: " + gateway.how();
            case LlmdType.NoEffect none -> "no effect: " + none.why();
            case LlmdType.Later later -> "error: comes with " + later.with();
            case LlmdType.Refused refused -> "error: " + refused.why();
        };
    }

    private static String own(Catalog catalog, Collection<LlmdType> all) {
        List<String> names = all.stream().map(LlmdType::name).toList();
        List<String> own = new ArrayList<>();
        catalog.types().stream().filter(type -> !names.contains(type)).forEach(type -> own.add("`" + type + "`"));
        return "\nBuilt in, and not in llm-d: " + String.join(", ", own) + ".\n";
    }
}
