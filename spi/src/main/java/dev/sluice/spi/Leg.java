package dev.sluice.spi;

import java.util.List;
import java.util.Map;

/**
 * What one engine is sent: the client's request with these changes.
 *
 * @param edits of its body, in order; the last one of a member counts
 * @param headers that are added, by lower-case name
 */
public record Leg(List<Edit> edits, Map<String, String> headers) {
    /** Copies both. */
    public Leg {
        edits = List.copyOf(edits);
        headers = Map.copyOf(headers);
    }

    /** A leg with these edits and no header of its own. */
    public static Leg of(List<Edit> edits) {
        return new Leg(edits, Map.of());
    }
}
