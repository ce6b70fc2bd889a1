package dev.sluice.gateway.handover;

import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.EditedBody;
import dev.sluice.core.scan.Edits;
import dev.sluice.core.scan.Field;
import dev.sluice.spi.Edit;
import dev.sluice.spi.Leg;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Does what a connector's leg says to a client's body. The prompt's bytes stay the client's. */
public final class LegBody {
    /** Where prompts stand, whatever the route: no connector may touch these. */
    private static final List<String> PROMPT = List.of(
            "prompt",
            "messages",
            "input",
            "token_ids",
            "instructions",
            "system",
            "tools",
            "documents",
            "model",
            "cache_salt");

    private LegBody() {}

    /**
     * The body of a leg.
     *
     * @param edits those that every leg of the request gets; more are added to it
     * @throws IllegalArgumentException when the leg edits what the prompt is made of, or looks where nothing can be edited
     */
    public static EditedBody of(BodyScan scan, Edits edits, Leg leg) {
        Map<List<String>, Map<String, String>> made = new LinkedHashMap<>();
        for (Edit edit : leg.edits()) {
            apply(scan, edits, edit, made);
        }
        fill(scan, edits, made);
        return edits.apply();
    }

    private static void apply(BodyScan scan, Edits edits, Edit edit, Map<List<String>, Map<String, String>> made) {
        if (edit.inside().isEmpty()) {
            if (PROMPT.contains(edit.name())) {
                throw new IllegalArgumentException("a connector must not change " + edit.name());
            }
            edit.json().ifPresentOrElse(json -> edits.set(edit.name(), json), () -> edits.remove(edit.name()));
            return;
        }
        Field inside = field(edit.inside());
        if (scan.isObject(inside)) {
            edit.json()
                    .ifPresentOrElse(
                            json -> edits.set(inside, edit.name(), json), () -> edits.remove(inside, edit.name()));
        } else if (edit.json().isPresent()) {
            made.computeIfAbsent(edit.inside(), path -> new LinkedHashMap<>())
                    .put(edit.name(), edit.json().get());
        }
    }

    private static Field field(List<String> inside) {
        return switch (String.join(".", inside)) {
            case "stream_options" -> Field.STREAM_OPTIONS;
            case "vllm_xargs" -> Field.VLLM_XARGS;
            case "sampling_params" -> Field.SAMPLING_PARAMS;
            case "sampling_params.extra_args" -> Field.EXTRA_ARGS;
            default -> throw new IllegalArgumentException("a connector can't edit inside " + inside);
        };
    }

    /** Objects that the body lacks, innermost first. */
    private static void fill(BodyScan scan, Edits edits, Map<List<String>, Map<String, String>> made) {
        for (int depth = 2; depth > 0; depth--) {
            for (Map.Entry<List<String>, Map<String, String>> entry : List.copyOf(made.entrySet())) {
                List<String> path = entry.getKey();
                if (path.size() == depth) {
                    put(scan, edits, made, path, object(entry.getValue()));
                }
            }
        }
    }

    private static void put(
            BodyScan scan, Edits edits, Map<List<String>, Map<String, String>> made, List<String> path, String json) {
        List<String> outer = path.subList(0, path.size() - 1);
        if (outer.isEmpty()) {
            edits.set(path.getLast(), json);
        } else if (scan.isObject(field(outer))) {
            edits.set(field(outer), path.getLast(), json);
        } else {
            made.computeIfAbsent(List.copyOf(outer), p -> new LinkedHashMap<>()).put(path.getLast(), json);
        }
    }

    private static String object(Map<String, String> members) {
        StringBuilder json = new StringBuilder("{");
        members.forEach((name, value) -> json.append(json.length() > 1 ? "," : "")
                .append(Edit.quote(name))
                .append(':')
                .append(value));
        return json.append('}').toString();
    }
}
