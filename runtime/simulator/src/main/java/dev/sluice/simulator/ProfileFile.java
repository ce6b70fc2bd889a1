package dev.sluice.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Finds profiles: a built-in's name, or a YAML or JSON file whose keys are the fields of {@link EngineProfile}; fields that it
 * leaves out come from the built-in that its key {@code base} names, or from the default one.
 */
public final class ProfileFile {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ProfileFile() {}

    /**
     * The profile of this name or file.
     *
     * @throws IllegalArgumentException when there is none, or the file is wrong; the message says where
     */
    public static EngineProfile named(String nameOrFile) {
        for (var profile : EngineProfile.builtIns()) {
            if (profile.name().equals(nameOrFile)) {
                return profile;
            }
        }
        var file = Path.of(nameOrFile);
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException("no profile and no file named " + nameOrFile + "; built in are "
                    + EngineProfile.builtIns().stream().map(EngineProfile::name).collect(Collectors.joining(", ")));
        }
        try {
            return read(file, Files.readString(file));
        } catch (IOException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    private static EngineProfile read(Path file, String text) {
        var settings = LoadSettings.builder().setLabel(file.toString()).build();
        JsonNode given;
        try {
            // JSON is YAML, so one parser reads both.
            given = JSON.valueToTree(new Load(settings).loadFromString(text));
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        if (!(given instanceof ObjectNode fields)) {
            throw new IllegalArgumentException(file + ": a profile is a map of fields");
        }
        var baseName = fields.path("base").asText(EngineProfile.llama8b().name());
        fields.remove("base");
        var base = EngineProfile.builtIns().stream()
                .filter(p -> p.name().equals(baseName))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(file + ": base: no built-in profile " + baseName));
        var merged = (ObjectNode) JSON.valueToTree(base);
        for (var field : fields.properties()) {
            var before = merged.get(field.getKey());
            if (before == null) {
                throw new IllegalArgumentException(file + ": unknown field " + field.getKey() + "; known are base, "
                        + String.join(", ", names(merged)));
            }
            merged.set(field.getKey(), checked(file, field, before));
        }
        try {
            return JSON.treeToValue(merged, EngineProfile.class);
        } catch (IOException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    private static JsonNode checked(Path file, Map.Entry<String, JsonNode> field, JsonNode before) {
        var value = field.getValue();
        var fits = before.isTextual()
                ? value.isTextual()
                : before.isBoolean()
                        ? value.isBoolean()
                        : before.isInt() ? value.canConvertToInt() && value.isIntegralNumber() : value.isNumber();
        if (!fits) {
            throw new IllegalArgumentException(file + ": " + field.getKey() + " cannot be " + value);
        }
        return before.isDouble() ? JsonNodeFactory.instance.numberNode(value.asDouble()) : value;
    }

    private static List<String> names(ObjectNode node) {
        return node.properties().stream().map(Map.Entry::getKey).toList();
    }
}
