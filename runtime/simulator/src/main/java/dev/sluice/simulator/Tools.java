package dev.sluice.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;

/** Forced tool calls and JSON answers: instances of the client's schemas, the same for the same schema and seed. */
final class Tools {
    private static final Set<String> TYPES =
            Set.of("object", "array", "string", "integer", "number", "boolean", "null");
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Tools() {}

    /** The function that {@code tool_choice} forces: named, or the first when one is required; empty when none is. */
    static String forced(ObjectNode body) {
        var choice = body.path("tool_choice");
        if (choice.isMissingNode() || choice.isNull()) {
            return "";
        }
        if (body.path("tools").isEmpty()
                && !choice.asText().equals("none")
                && !choice.asText().equals("auto")) {
            throw ApiException.bad(
                    "When using `tool_choice`, `tools` must be set. (parameter=tool_choice)", "tool_choice");
        }
        if (choice.isObject()) {
            return choice.path("function")
                    .path("name")
                    .asText(choice.path("name").asText(""));
        }
        return choice.asText().equals("required") ? name(body.path("tools").get(0)) : "";
    }

    /** Arguments for a tool, as JSON text. */
    static String arguments(ObjectNode body, String tool, long seed) {
        for (var each : body.path("tools")) {
            if (name(each).equals(tool)) {
                var function = each.has("function") ? each.path("function") : each;
                var schema = function.has("input_schema") ? function.path("input_schema") : function.path("parameters");
                return instance(schema, seed, 0).toString();
            }
        }
        throw ApiException.bad("Tool " + tool + " has not been provided in tools.", "tool_choice");
    }

    /** The JSON that {@code response_format} asks for; empty when it asks for none. */
    static String json(ObjectNode body, long seed) {
        var format = body.path("response_format");
        return switch (format.path("type").asText("text")) {
            case "json_schema" ->
                instance(format.path("json_schema").path("schema"), seed, 0).toString();
            case "json_object" -> "{\"answer\":\"the sea\"}";
            default -> "";
        };
    }

    private static String name(JsonNode tool) {
        return tool.path("function").path("name").asText(tool.path("name").asText(""));
    }

    private static JsonNode instance(JsonNode schema, long seed, int depth) {
        if (schema.path("enum") instanceof ArrayNode values && !values.isEmpty()) {
            return values.get(Math.floorMod(Hashes.mix(seed + depth), values.size()));
        }
        if (schema.has("const")) {
            return schema.path("const");
        }
        var type = schema.path("type").isArray()
                ? schema.path("type").path(0).asText()
                : schema.path("type").asText("object");
        if (!TYPES.contains(type)) {
            throw ApiException.bad("Grammar error: Invalid type: " + type, "");
        }
        return switch (type) {
            case "object" -> {
                var object = NODES.objectNode();
                for (var property : schema.path("properties").properties()) {
                    if (depth < 8) {
                        object.set(property.getKey(), instance(property.getValue(), seed, depth + 1));
                    }
                }
                yield object;
            }
            case "array" ->
                depth < 8 ? NODES.arrayNode().add(instance(schema.path("items"), seed, depth + 1)) : NODES.arrayNode();
            case "integer" -> NODES.numberNode(schema.path("minimum").asInt(1));
            case "number" -> NODES.numberNode(schema.path("minimum").asDouble(0.5));
            case "boolean" -> NODES.booleanNode(true);
            case "null" -> NODES.nullNode();
            default -> NODES.textNode("the sea");
        };
    }
}
