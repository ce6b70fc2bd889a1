package dev.sluice.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;

/** A decision in words: where it went, how the candidates compared, what would have changed it. */
final class Why {
    private static final String PICKED = "* ";
    private static final String NOT_PICKED = "  ";

    private final StringBuilder out = new StringBuilder();

    private Why() {}

    /** @param answer what {@code /explain/ID} says */
    static String explained(JsonNode answer) {
        Why why = new Why();
        JsonNode d = answer.path("decision");
        why.line(text(d, "id"), client(d), "  ", text(d, "at"), "  ", text(d, "route"));
        why.request(d, text(answer, "policy"), "");
        why.line("attempt ", d.path("attempt").asText(), ": ", text(d, "outcome"), duration(d), cached(d));
        why.decision(answer);
        return why.out.toString();
    }

    /** @param answer what {@code /route} says */
    static String rehearsed(JsonNode answer) {
        Why why = new Why();
        why.request(answer, answer.at("/explanation/policy").asText(), "; nothing was sent");
        StringJoiner plan = new StringJoiner(", then ", "plan: ", "");
        plan.setEmptyValue("plan: none");
        answer.path("plan").forEach(step -> plan.add(step.asText()));
        why.line(plan.toString());
        why.decision(answer.path("explanation"));
        return why.out.toString();
    }

    private void request(JsonNode of, String policy, String more) {
        line(
                "tenant " + text(of, "tenant"),
                ", model " + text(of, "model"),
                ", pool " + text(of, "pool"),
                ", policy " + policy,
                ", " + number(of.path("promptTokens")) + " prompt tokens",
                more);
    }

    private static String duration(JsonNode d) {
        boolean ran = d.path("durationMs").isNumber() && !text(d, "endpoint").isEmpty();
        return ran ? " after " + number(d.path("durationMs")) + " ms" : "";
    }

    private static String client(JsonNode decision) {
        String id = text(decision, "clientId");
        return id.isEmpty() ? "" : " (" + id + ")";
    }

    private static String cached(JsonNode d) {
        String predicted = number(d.path("cachedTokens"));
        return d.path("reportedCachedTokens").isNumber()
                ? "; " + predicted + " tokens were predicted to be cached, the engine found "
                        + number(d.path("reportedCachedTokens"))
                : "";
    }

    private void decision(JsonNode why) {
        String picked = text(why, "picked");
        if (!text(why, "note").isEmpty()) {
            line("note: ", text(why, "note"));
        }
        if (!text(why, "waited").isEmpty()) {
            line("waited: ", text(why, "waited"));
        }
        line(picked.isEmpty() ? "went nowhere" : "picked: " + picked + runnerUp(why));
        split(why.path("disaggregation"));
        JsonNode pull = why.path("pull");
        if (pull.isObject()) {
            line(
                    "fetches: ",
                    text(pull, "to") + " has " + number(pull.path("tokens")) + " tokens of the prompt from "
                            + text(pull, "source") + ", predicted " + number(pull.path("ms"))
                            + " ms; computing them would take " + number(pull.path("computeMs")) + " ms");
        }
        out.append('\n');
        candidates(why, picked);
        out.append('\n');
        JsonNode turn = why.path("counterfactual");
        if (turn.isObject()) {
            line(
                    "It would have been " + text(turn, "picked"),
                    " if " + text(turn, "signal") + " at " + text(turn, "endpoint"),
                    " were " + number(turn.path("becomes")),
                    " instead of " + number(turn.path("was")) + ".");
        }
        for (var part : why.path("abstained").properties()) {
            line("no vote: ", part.getKey(), ": ", part.getValue().asText());
        }
    }

    private void split(JsonNode said) {
        if (!said.isObject()) {
            return;
        }
        String where = text(said, "prefill").isEmpty() ? "" : ": the prompt is computed at " + text(said, "prefill");
        String costs = said.path("splitMs").isNumber() && said.path("wholeMs").isNumber()
                ? " (with a second endpoint " + number(said.path("splitMs")) + " ms, without "
                        + number(said.path("wholeMs")) + ")"
                : "";
        line("disaggregation: ", text(said, "decision") + where + costs);
    }

    private static String runnerUp(JsonNode why) {
        return text(why, "runnerUp").isEmpty() ? "" : ", before " + text(why, "runnerUp");
    }

    private void candidates(JsonNode why, String picked) {
        List<JsonNode> rows = new ArrayList<>();
        why.path("candidates").forEach(rows::add);
        rows.sort(Comparator.<JsonNode>comparingInt(r -> text(r, "endpoint").equals(picked) ? 0 : 1)
                .thenComparingDouble(r -> -r.path("total").asDouble(-1)));
        Set<String> scorers = new LinkedHashSet<>();
        Set<String> terms = new LinkedHashSet<>();
        for (JsonNode row : rows) {
            row.path("scores").fieldNames().forEachRemaining(scorers::add);
            for (var term : row.path("terms").properties()) {
                if (term.getValue().asDouble() != 0) {
                    terms.add(term.getKey());
                }
            }
        }
        List<List<String>> cells = new ArrayList<>();
        cells.add(head(why.path("weights"), scorers, terms));
        for (JsonNode row : rows) {
            cells.add(cells(row, text(row, "endpoint").equals(picked), scorers, terms));
        }
        table(cells);
    }

    private static List<String> head(JsonNode weights, Set<String> scorers, Set<String> terms) {
        List<String> head = new ArrayList<>(List.of(NOT_PICKED + "endpoint", "state", "total"));
        scorers.forEach(s -> head.add(s + " x" + number(weights.path(s))));
        head.addAll(List.of("cached", "to compute"));
        head.addAll(terms);
        return head;
    }

    private static List<String> cells(JsonNode row, boolean picked, Set<String> scorers, Set<String> terms) {
        String removed = text(row, "removedBy");
        List<String> cells = new ArrayList<>();
        cells.add((picked ? PICKED : NOT_PICKED) + text(row, "endpoint"));
        cells.add(removed.isEmpty() ? text(row, "state") : "out: " + removed);
        cells.add(number(row.path("total")));
        scorers.forEach(s -> cells.add(number(row.path("scores").path(s))));
        cells.add(number(row.path("cachedTokens")) + (text(row, "cacheSource").equals("told") ? " told" : ""));
        cells.add(number(row.path("pendingPrefillTokens")));
        terms.forEach(t -> cells.add(number(row.path("terms").path(t))));
        return cells;
    }

    /** Words to the left, numbers to the right. */
    private void table(List<List<String>> rows) {
        int[] widths = new int[rows.getFirst().size()];
        rows.forEach(row -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String pad = " ".repeat(widths[i] - row.get(i).length());
                line.append(i < 2 ? row.get(i) + pad : pad + row.get(i)).append("  ");
            }
            line(line.toString().stripTrailing());
        }
    }

    private void line(String... parts) {
        for (String part : parts) {
            out.append(part);
        }
        out.append('\n');
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asText("");
    }

    /** As many digits as tell candidates apart. */
    private static String number(JsonNode node) {
        if (!node.isNumber()) {
            return "-";
        }
        double value = node.doubleValue();
        double size = Math.abs(value);
        String text = String.format(Locale.ROOT, size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : "%.3f", value);
        return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
    }
}
