package dev.sluice.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Flattens conversations to text with a ChatML template, the same bytes on every instance: tools and the system message first,
 * then turn by turn, so that conversations with a common beginning have a common beginning as tokens.
 */
final class Prompts {
    private Prompts() {}

    /** OpenAI's messages. */
    static String chat(JsonNode messages, JsonNode tools, boolean generationPrompt, String model) {
        if (messages.isEmpty()) {
            throw ApiException.bad(
                    "Cannot apply chat template to an empty conversation. Provide at least one message.", "");
        }
        var out = new StringBuilder();
        tools(out, tools);
        for (var message : messages) {
            turn(out, message.path("role").asText("user"), content(message, model));
        }
        return generationPrompt ? out.append("<|im_start|>assistant\n").toString() : out.toString();
    }

    /** Anthropic's request: system apart, content blocks, tools with {@code input_schema}. */
    static String anthropic(ObjectNode body, String model) {
        var out = new StringBuilder();
        tools(out, body.path("tools"));
        var system = blocks(body.path("system"), model);
        if (!system.isEmpty()) {
            turn(out, "system", system);
        }
        for (var message : body.path("messages")) {
            turn(out, message.path("role").asText("user"), content(message, model));
        }
        return out.append("<|im_start|>assistant\n").toString();
    }

    /** The input of {@code /v1/responses}: a string or items. */
    static String responses(ObjectNode body, String model) {
        var out = new StringBuilder();
        tools(out, body.path("tools"));
        var instructions = body.path("instructions").asText("");
        if (!instructions.isEmpty() && body.path("instructions").isTextual()) {
            turn(out, "system", instructions);
        }
        var input = body.path("input");
        if (input.isTextual()) {
            turn(out, "user", input.asText());
        }
        for (var item : input) {
            switch (item.path("type").asText("message")) {
                case "function_call" ->
                    turn(
                            out,
                            "assistant",
                            "<tool_call>" + item.path("arguments").asText() + "</tool_call>");
                case "function_call_output" ->
                    turn(out, "tool", item.path("output").asText());
                default -> turn(out, item.path("role").asText("user"), content(item, model));
            }
        }
        return out.append("<|im_start|>assistant\n").toString();
    }

    private static void tools(StringBuilder out, JsonNode tools) {
        if (tools.isEmpty()) {
            return;
        }
        var list = new StringBuilder("# Tools\n");
        tools.forEach(tool -> list.append(tool).append('\n'));
        turn(out, "system", list.toString());
    }

    private static void turn(StringBuilder out, String role, String content) {
        out.append("<|im_start|>").append(role).append('\n').append(content).append("<|im_end|>\n");
    }

    private static String content(JsonNode message, String model) {
        var out = new StringBuilder(blocks(message.path("content"), model));
        if (message.path("tool_calls") instanceof ArrayNode calls) {
            for (var call : calls) {
                out.append("<tool_call>").append(call.path("function")).append("</tool_call>");
            }
        }
        return out.toString();
    }

    private static String blocks(JsonNode content, String model) {
        if (content.isTextual()) {
            return content.asText();
        }
        var out = new StringBuilder();
        for (var block : content) {
            switch (block.path("type").asText("")) {
                case "text", "input_text", "output_text" ->
                    out.append(block.path("text").asText());
                case "thinking" ->
                    out.append("<think>")
                            .append(block.path("thinking").asText())
                            .append("</think>");
                case "tool_use" ->
                    out.append("<tool_call>").append(block.path("input")).append("</tool_call>");
                case "tool_result" -> out.append(blocks(block.path("content"), model));
                case "image_url", "image", "input_image", "video_url", "input_audio", "audio_url" ->
                    throw ApiException.bad(model + " is not a multimodal model", "");
                default -> out.append(block);
            }
        }
        return out.toString();
    }
}
