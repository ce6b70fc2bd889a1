package dev.sluice.app.drill;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What came of a drill: figures beside their bars, as Markdown or JSON. */
final class Sheet {
    /** How a figure must stand to its bar. */
    private enum Side {
        AT_MOST("≤"),
        AT_LEAST("≥"),
        FREE("");

        private final String sign;

        Side(String sign) {
            this.sign = sign;
        }
    }

    private record Row(String drill, String what, double figure, Side side, double bar, String unit) {
        boolean met() {
            return switch (side) {
                case AT_MOST -> figure <= bar;
                case AT_LEAST -> figure >= bar;
                case FREE -> true;
            };
        }
    }

    private final String conditions;
    private final List<Row> rows = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private String drill = "";

    /** @param conditions what the figures were made with: seed, machine, date */
    Sheet(String conditions) {
        this.conditions = conditions;
    }

    /** What is added from now on belongs to this drill. */
    void begin(String name) {
        drill = name;
    }

    void atMost(String what, double figure, double bar, String unit) {
        rows.add(new Row(drill, what, figure, Side.AT_MOST, bar, unit));
    }

    /** A count. */
    void atMost(String what, long figure, double bar, String unit) {
        atMost(what, (double) figure, bar, unit);
    }

    void atLeast(String what, double figure, double bar, String unit) {
        rows.add(new Row(drill, what, figure, Side.AT_LEAST, bar, unit));
    }

    /** A count. */
    void atLeast(String what, long figure, double bar, String unit) {
        atLeast(what, (double) figure, bar, unit);
    }

    /** A count that has no bar. */
    void figure(String what, long figure, String unit) {
        figure(what, (double) figure, unit);
    }

    /** A figure that has no bar. */
    void figure(String what, double figure, String unit) {
        rows.add(new Row(drill, what, figure, Side.FREE, 0, unit));
    }

    /** A sentence below the table. */
    void note(String text) {
        notes.add(text);
    }

    /** Whether a bar was missed. A figure that could not be had misses its bar. */
    boolean missed() {
        return rows.stream().anyMatch(row -> !row.met());
    }

    String markdown() {
        StringBuilder text = new StringBuilder(conditions)
                .append("\n\n| drill | what | figure | bar | verdict |\n|---|---|--:|--:|---|\n");
        for (Row row : rows) {
            text.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %s | %s |%n",
                    row.drill(),
                    row.what(),
                    show(row.figure(), row.unit()),
                    row.side() == Side.FREE ? "–" : row.side().sign + " " + show(row.bar(), row.unit()),
                    row.side() == Side.FREE ? "–" : row.met() ? "met" : "MISSED"));
        }
        notes.forEach(note -> text.append("\n").append(note).append("\n"));
        rows.stream()
                .filter(row -> !row.met())
                .forEach(row -> text.append("\nmissed: ")
                        .append(row.drill())
                        .append(": ")
                        .append(row.what())
                        .append(": ")
                        .append(show(row.figure(), row.unit()))
                        .append(", bar ")
                        .append(row.side().sign)
                        .append(' ')
                        .append(show(row.bar(), row.unit()))
                        .append("\n"));
        return text.toString();
    }

    private static String show(double figure, String unit) {
        if (Double.isNaN(figure)) {
            return "not measured";
        }
        String number = figure == Math.rint(figure) && Math.abs(figure) < 1e15
                ? String.format(Locale.ROOT, "%,d", (long) figure)
                : String.format(Locale.ROOT, "%.2f", figure);
        return unit.isEmpty() ? number : number + " " + unit;
    }

    String json() throws JsonProcessingException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode json =
                mapper.createObjectNode().put("conditions", conditions).put("missed", missed());
        ArrayNode all = json.putArray("rows");
        for (Row row : rows) {
            ObjectNode one = all.addObject()
                    .put("drill", row.drill())
                    .put("what", row.what())
                    .put("unit", row.unit());
            if (!Double.isNaN(row.figure())) {
                one.put("figure", row.figure());
            }
            if (row.side() != Side.FREE) {
                one.put("bar", row.side().sign + " " + row.bar()).put("met", row.met());
            }
        }
        notes.forEach(json.putArray("notes")::add);
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(json);
    }
}
