package dev.sluice.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** What two answers of the same kind have in common: keys in order, types of values, order of events. */
final class Shape {
    private Shape() {}

    /** Of a JSON text: {@code {id:string,choices:[{index:int}]}}; a list is described by its different elements. */
    static String of(String json) {
        try {
            return of(Json.MAPPER.readTree(json));
        } catch (JsonProcessingException e) {
            return "not JSON: " + json;
        }
    }

    static String of(JsonNode node) {
        if (node.isObject()) {
            var fields = new ArrayList<String>();
            node.properties().forEach(p -> fields.add(p.getKey() + ":" + of(p.getValue())));
            return "{" + String.join(",", fields) + "}";
        }
        if (node.isArray()) {
            var elements = new ArrayList<String>();
            node.forEach(element -> {
                var shape = of(element);
                if (!elements.contains(shape)) {
                    elements.add(shape);
                }
            });
            return "[" + String.join("|", elements) + "]";
        }
        return node.isNull()
                ? "null"
                : node.isTextual()
                        ? "string"
                        : node.isBoolean() ? "boolean" : node.isIntegralNumber() ? "int" : "float";
    }

    /** Of an event stream: name and shape of each event, repetitions told once. */
    static List<String> events(String stream) {
        var shapes = new ArrayList<String>();
        for (var event : stream.split("\n\n")) {
            var name = "";
            var shape = "";
            for (var line : event.split("\n")) {
                if (line.startsWith("event: ")) {
                    name = line.substring(7) + " ";
                } else if (line.startsWith("data: ")) {
                    shape = line.equals("data: [DONE]") ? "[DONE]" : of(line.substring(6));
                }
            }
            if (!(name + shape).isEmpty()
                    && (shapes.isEmpty() || !shapes.getLast().equals(name + shape))) {
                shapes.add(name + shape);
            }
        }
        return shapes;
    }
}
