package dev.sluice.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** JSON as people like to read it: {@code key: value} lines, lists of alike objects as tables. */
final class Printed {
    private final StringBuilder out = new StringBuilder();

    private Printed() {}

    /** The text. JSON that does not parse is returned as it is. */
    static String of(String json) {
        try {
            Printed printed = new Printed();
            printed.value(new ObjectMapper().readTree(json), "");
            return printed.out.toString();
        } catch (JsonProcessingException e) {
            return json.endsWith("\n") ? json : json + "\n";
        }
    }

    private void value(JsonNode node, String indent) {
        if (node.isObject()) {
            object(node, indent);
        } else if (node.isArray() && isTable(node)) {
            table(node, indent);
        } else if (node.isArray()) {
            node.forEach(item -> {
                if (item.isValueNode()) {
                    out.append(indent).append("- ").append(scalar(item)).append('\n');
                } else {
                    out.append(indent).append("-\n");
                    value(item, indent + "  ");
                }
            });
        } else {
            out.append(indent).append(scalar(node)).append('\n');
        }
    }

    private void object(JsonNode node, String indent) {
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            JsonNode value = field.getValue();
            if (value.isValueNode()) {
                out.append(indent)
                        .append(field.getKey())
                        .append(": ")
                        .append(scalar(value))
                        .append('\n');
            } else if (value.isEmpty()) {
                out.append(indent).append(field.getKey()).append(": none\n");
            } else {
                out.append(indent).append(field.getKey()).append(":\n");
                value(value, indent + "  ");
            }
        }
    }

    /** A list of at least one object, all of whose values are scalars or short objects and lists. */
    private static boolean isTable(JsonNode list) {
        for (JsonNode row : list) {
            if (!row.isObject()) {
                return false;
            }
            for (JsonNode cell : row) {
                if (!cell.isValueNode() && cell.toString().length() > 60) {
                    return false;
                }
            }
        }
        return !list.isEmpty();
    }

    private void table(JsonNode rows, String indent) {
        Set<String> columns = new LinkedHashSet<>();
        rows.forEach(row -> row.fieldNames().forEachRemaining(columns::add));
        List<List<String>> cells = new ArrayList<>();
        cells.add(List.copyOf(columns));
        for (JsonNode row : rows) {
            cells.add(columns.stream().map(column -> scalar(row.path(column))).toList());
        }
        int[] widths = new int[columns.size()];
        for (List<String> row : cells) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : cells) {
            StringBuilder line = new StringBuilder(indent);
            for (int i = 0; i < widths.length; i++) {
                line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
            }
            out.append(line.toString().stripTrailing()).append('\n');
        }
    }

    private static String scalar(JsonNode node) {
        if (node.isMissingNode() || node.isNull()) {
            return "–";
        } else if (node.isFloatingPointNumber()) {
            double value = node.doubleValue();
            return Math.abs(value) >= 1e15 || value == 0 ? node.asText() : trimmed(value);
        }
        return node.isValueNode() ? node.asText() : node.toString();
    }

    private static String trimmed(double value) {
        String text = "%.4f".formatted(value);
        return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
    }
}
