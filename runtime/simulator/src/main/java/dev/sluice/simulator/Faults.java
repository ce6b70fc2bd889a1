package dev.sluice.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * What is to go wrong. Rules apply to inference requests: the first rule whose path fits, that has uses left and whose rate the
 * dice allow, strikes. Thread-safe; the dice are seeded.
 */
public final class Faults {
    /** The ways in which an answer can go wrong; {@code after} counts stream events. */
    public enum Kind {
        /** The connection ends, by FIN, when the request has been read. */
        CLOSE_BEFORE_HEAD,
        /** The same by RST. */
        RESET_BEFORE_HEAD,
        /** Head, then FIN. */
        CLOSE_AFTER_HEAD,
        /** Head, then RST. */
        RESET_AFTER_HEAD,
        /** RST after some events, or in the middle of a body. */
        RESET,
        /** FIN after some events without the last chunk, or in the middle of a body. */
        CUT,
        /** After some events the stream ends with correct framing, but no finish reason and no {@code [DONE]}. */
        END_EARLY,
        /** All events but {@code [DONE]}, or but {@code message_stop} or {@code response.completed}. */
        NO_DONE,
        /** After some events nothing comes any more; a whole answer never comes. */
        STALL,
        /** After some tokens {@code finish_reason: abort}, then {@code [DONE]}; whole answers 200: a server being stopped. */
        ABORT,
        /** After some events an error event, then {@code [DONE]}; whole answers 500: the engine core died. */
        ERROR_EVENT,
        /** {@code status} 400 to 599 in vLLM's error shape. */
        STATUS,
        /** Bytes that are no JSON, in place of a body or of an event. */
        GARBAGE_BODY,
        /** A head that is not HTTP. */
        BAD_HEAD,
        /** A Content-Length below what follows. */
        SHORT_LENGTH,
        /** A Content-Length above what follows, then FIN. */
        LONG_LENGTH,
        /** A thousand interim responses ahead of the answer. */
        INFORMATIONAL,
        /** Usage that lies: ten times the tokens, more cached than there are. */
        WRONG_USAGE
    }

    /** What {@code /metrics} does. */
    public enum Metrics {
        NORMAL,
        GARBAGE,
        NAN,
        HANG,
        ENDLESS,
        ERROR
    }

    /**
     * One rule.
     *
     * @param rate share of requests that it hits, 0 to 1
     * @param uses how often it may strike; -1 for no limit
     * @param after events or tokens before it strikes
     * @param status for {@link Kind#STATUS}
     * @param path prefix of the paths it applies to
     */
    public record Rule(Kind kind, double rate, int uses, int after, int status, String path) {
        /** Checks the ranges. */
        public Rule {
            if (!(rate >= 0 && rate <= 1) || uses < -1 || after < 0 || status < 400 || status > 599) {
                throw new IllegalArgumentException(
                        "rate is 0 to 1, uses at least -1, after not negative, status 400 to 599");
            }
        }

        /** Always, on every path. */
        public static Rule always(Kind kind) {
            return new Rule(kind, 1, -1, 2, 500, "/");
        }

        /** The next request only. */
        public static Rule once(Kind kind, int after) {
            return new Rule(kind, 1, 1, after, 500, "/");
        }
    }

    private final SplittableRandom random;
    private final List<Rule> rules = new ArrayList<>();
    private Metrics metrics = Metrics.NORMAL;
    private boolean refuse;

    Faults(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Replaces all rules. */
    public synchronized void rules(List<Rule> all) {
        rules.clear();
        rules.addAll(all);
    }

    /** Replaces all rules by these. */
    public void rules(Rule... all) {
        rules(List.of(all));
    }

    /** Sets what {@code /metrics} does. */
    public synchronized void metrics(Metrics mode) {
        metrics = mode;
    }

    /** Whether new connections are accepted and reset at once. */
    public synchronized void refuse(boolean on) {
        refuse = on;
    }

    synchronized Metrics metrics() {
        return metrics;
    }

    synchronized boolean refuses() {
        return refuse;
    }

    /** The rule that strikes this request. */
    synchronized Optional<Rule> strike(String path) {
        for (var i = 0; i < rules.size(); i++) {
            var rule = rules.get(i);
            if (rule.uses() != 0 && path.startsWith(rule.path()) && random.nextDouble() < rule.rate()) {
                if (rule.uses() > 0) {
                    rules.set(
                            i,
                            new Rule(
                                    rule.kind(),
                                    rule.rate(),
                                    rule.uses() - 1,
                                    rule.after(),
                                    rule.status(),
                                    rule.path()));
                }
                return Optional.of(rule);
            }
        }
        return Optional.empty();
    }

    /** Takes {@code rules}, {@code metrics} and {@code refuse} of a JSON object, each only when it is there. */
    synchronized void apply(ObjectNode json) {
        if (json.has("rules")) {
            var parsed = new ArrayList<Rule>();
            for (var rule : json.path("rules")) {
                parsed.add(rule(rule));
            }
            rules(parsed);
        }
        if (json.has("metrics")) {
            metrics = Metrics.valueOf(name(json.path("metrics")));
        }
        if (json.has("refuse")) {
            refuse = json.path("refuse").asBoolean();
        }
    }

    private static Rule rule(JsonNode json) {
        return new Rule(
                Kind.valueOf(name(json.path("kind"))),
                json.path("rate").asDouble(1),
                json.path("uses").asInt(-1),
                json.path("after").asInt(2),
                json.path("status").asInt(500),
                json.path("path").asText("/"));
    }

    private static String name(JsonNode word) {
        return word.asText("").toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** The state as JSON, readable by {@link #apply}. */
    synchronized ObjectNode json() {
        var json = Json.MAPPER.createObjectNode();
        var list = json.putArray("rules");
        for (var rule : rules) {
            list.addObject()
                    .put("kind", word(rule.kind()))
                    .put("rate", rule.rate())
                    .put("uses", rule.uses())
                    .put("after", rule.after())
                    .put("status", rule.status())
                    .put("path", rule.path());
        }
        return json.put("metrics", word(metrics)).put("refuse", refuse);
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
