package dev.sluice.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The fields of a request that decide how much is generated and how it is sent, checked in vLLM's order and words.
 *
 * @param maxTokens the client's limit; 0 when it set none
 * @param logprobs alternatives to show for each token; -1 for no logprobs
 * @param interval tokens to a chunk, from the second chunk on
 */
record Sampling(
        int maxTokens,
        int minTokens,
        int n,
        List<String> stop,
        Set<Integer> stopIds,
        boolean includeStop,
        boolean ignoreEos,
        long seed,
        int logprobs,
        double temperature,
        double topP,
        int priority,
        String salt,
        boolean stream,
        boolean usage,
        boolean continuousUsage,
        boolean tokenIds,
        int interval) {

    /** Reads the fields; {@code limitField} is what this route calls the limit, tried before {@code max_tokens}. */
    static Sampling of(ObjectNode body, String limitField, int maxModelLen) {
        types(body, limitField);
        var limit = body.path(limitField).isIntegralNumber() ? body.path(limitField) : body.path("max_tokens");
        var stream = body.path("stream").asBoolean(false);
        if (!stream && body.path("stream_options").isObject()) {
            throw ApiException.bad(
                    "Stream options can only be defined when `stream=True`. (parameter=stream_options)",
                    "stream_options");
        }
        salt(body);
        if (limit.isIntegralNumber() && limit.asLong() < 1) {
            throw ApiException.value(
                    "max_tokens must be at least 1, got " + limit.asLong() + ".", "max_tokens", limit.asLong());
        }
        if (limit.asLong() > maxModelLen) {
            throw ApiException.value(
                    "max_tokens=" + limit.asLong() + " cannot be greater than max_model_len=" + maxModelLen
                            + ". Please request fewer output tokens.",
                    "max_tokens",
                    limit.asLong());
        }
        var n = body.path("n").asInt(1);
        if (n < 1) {
            throw ApiException.bad("n must be at least 1, got " + n + ".", "");
        }
        var temperature = body.path("temperature").asDouble(1);
        if (temperature < 0) {
            throw ApiException.value(
                    "temperature must be non-negative, got " + temperature + ".", "temperature", temperature);
        }
        var topP = body.path("top_p").asDouble(1);
        if (topP <= 0 || topP > 1) {
            throw ApiException.value("top_p must be in (0, 1], got " + topP + ".", "top_p", topP);
        }
        var minTokens = body.path("min_tokens").asInt(0);
        if (limit.isIntegralNumber() && minTokens > limit.asInt()) {
            throw ApiException.bad(
                    "min_tokens must be less than or equal to max_tokens=" + limit.asInt() + ", got " + minTokens + ".",
                    "");
        }
        if (n > 1 && temperature == 0) {
            throw ApiException.bad("n must be 1 when using greedy sampling, got " + n + ".", "");
        }
        var stopIds = new HashSet<Integer>();
        body.path("stop_token_ids").forEach(id -> stopIds.add(id.asInt()));
        var options = body.path("stream_options");
        return new Sampling(
                limit.asInt(0),
                minTokens,
                n,
                stops(body.path("stop")),
                stopIds,
                body.path("include_stop_str_in_output").asBoolean(false),
                body.path("ignore_eos").asBoolean(false),
                body.path("seed").asLong(0),
                logprobs(body),
                temperature,
                topP,
                body.path("priority").asInt(0),
                body.path("cache_salt").asText(""),
                stream,
                options.path("include_usage").asBoolean(false),
                options.path("continuous_usage_stats").asBoolean(false),
                body.path("return_token_ids").asBoolean(false),
                Math.max(1, body.path("stream_interval").asInt(1)));
    }

    /** The limit that holds for a prompt of this length: the client's, the route's default, or what the context leaves. */
    int limit(int promptTokens, int fallback, int maxModelLen) {
        var asked = maxTokens > 0 ? maxTokens : fallback;
        return Math.min(asked > 0 ? asked : Integer.MAX_VALUE, maxModelLen - promptTokens);
    }

    private static void types(ObjectNode body, String limitField) {
        integer(body, "max_tokens");
        integer(body, limitField);
        integer(body, "n");
        integer(body, "min_tokens");
        integer(body, "seed");
        integer(body, "priority");
        number(body, "temperature");
        number(body, "top_p");
        type(body, "stream", JsonNode::isBoolean, "bool_parsing", "Input should be a valid boolean");
        type(body, "ignore_eos", JsonNode::isBoolean, "bool_parsing", "Input should be a valid boolean");
        type(body, "cache_salt", JsonNode::isTextual, "string_type", "Input should be a valid string");
        type(body, "model", JsonNode::isTextual, "string_type", "Input should be a valid string");
        for (var field : List.of("kv_transfer_params", "ec_transfer_params", "stream_options", "vllm_xargs")) {
            type(body, field, JsonNode::isObject, "dict_type", "Input should be a valid dictionary");
        }
    }

    private static void integer(ObjectNode body, String field) {
        type(
                body,
                field,
                JsonNode::isIntegralNumber,
                "int_parsing",
                "Input should be a valid integer, unable to parse string as an integer");
    }

    private static void number(ObjectNode body, String field) {
        type(
                body,
                field,
                JsonNode::isNumber,
                "float_parsing",
                "Input should be a valid number, unable to parse string as a number");
    }

    private static void type(ObjectNode body, String field, Predicate<JsonNode> fits, String kind, String message) {
        var value = body.path(field);
        if (!value.isMissingNode() && !value.isNull() && !fits.test(value)) {
            throw ApiException.schema(kind, "body." + field, message, Json.describe(value));
        }
    }

    private static void salt(ObjectNode body) {
        var salt = body.path("cache_salt");
        if (!salt.isTextual()) {
            return;
        }
        if (salt.asText().isEmpty()) {
            throw ApiException.bad(
                    "Parameter 'cache_salt' must be a non-empty string if provided. (parameter=cache_salt)",
                    "cache_salt");
        }
        if (salt.asText().length() > 128 || salt.asText().chars().anyMatch(c -> "@/\\\0".indexOf(c) >= 0)) {
            throw ApiException.bad(
                    "Parameter 'cache_salt' must be at most 128 characters and must not contain '@', '/', '\\\\', or"
                            + " NUL. (parameter=cache_salt)",
                    "cache_salt");
        }
    }

    private static List<String> stops(JsonNode stop) {
        var stops = new ArrayList<String>();
        if (stop.isTextual()) {
            stops.add(stop.asText());
        }
        stop.forEach(s -> stops.add(s.asText()));
        stops.removeIf(String::isEmpty);
        return List.copyOf(stops);
    }

    /** Chat asks with a boolean and a number of alternatives, completions with the number alone. */
    private static int logprobs(ObjectNode body) {
        var logprobs = body.path("logprobs");
        var asked = logprobs.isInt()
                ? logprobs.asInt()
                : logprobs.asBoolean(false) ? body.path("top_logprobs").asInt(0) : -1;
        if (asked > 20) {
            throw ApiException.value(
                    "Requested sample logprobs of " + asked + ", which is greater than max allowed: 20",
                    "logprobs",
                    asked);
        }
        return asked;
    }
}
