package dev.sluice.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Reading of request bodies with vLLM's complaints, and the few pieces that hand-written answers need. */
final class Json {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    /** The body as an object; throws {@link ApiException} in vLLM's words when it is none. */
    static ObjectNode body(HttpRequest request) {
        var type = request.header("content-type");
        var semicolon = type.indexOf(';');
        if (!(semicolon < 0 ? type : type.substring(0, semicolon)).trim().equals("application/json")) {
            throw ApiException.schemaText("Unsupported Media Type: Only 'application/json' is allowed", "");
        }
        if (request.body().length == 0) {
            throw ApiException.schema("missing", "body", "Field required", "'None'");
        }
        JsonNode node;
        try {
            node = MAPPER.readTree(request.body());
        } catch (JsonProcessingException e) {
            var at = "body." + Math.max(0, e.getLocation().getByteOffset());
            throw ApiException.schemaText(
                    "{'type': 'json_invalid', 'loc': '" + at
                            + "', 'msg': 'JSON decode error', 'input': '<dict of 0 items>', 'ctx': {'error': '"
                            + e.getOriginalMessage().replace('\'', '"') + "'}}",
                    at);
        } catch (IOException e) {
            throw ApiException.schema("json_invalid", "body", "JSON decode error", "'<bytes>'");
        }
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw ApiException.schema(
                "model_attributes_type",
                "body",
                "Input should be a valid dictionary or object to extract fields from",
                describe(node));
    }

    /** How pydantic shows an input in an error. */
    static String describe(JsonNode node) {
        if (node.isObject()) {
            return "'<dict of " + node.size() + " items>'";
        }
        if (node.isArray()) {
            return "'<list of " + node.size() + " items>'";
        }
        return "'" + (node.isNull() || node.isMissingNode() ? "None" : node.asText()) + "'";
    }

    static ApiException missing(ObjectNode body, String field) {
        return ApiException.schema("missing", "body." + field, "Field required", describe(body));
    }

    /** The text as a JSON string with its quotes. */
    static String quote(String text) {
        var out = new StringBuilder(text.length() + 8).append('"');
        JsonStringEncoder.getInstance().quoteAsString(text, out);
        return out.append('"').toString();
    }

    static String ints(int[] values, int from, int to) {
        var out = new StringBuilder("[");
        for (var i = from; i < to; i++) {
            out.append(i > from ? "," : "").append(values[i]);
        }
        return out.append(']').toString();
    }

    static String ints(int[] values) {
        return ints(values, 0, values.length);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
