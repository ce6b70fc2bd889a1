package dev.sluice.spi;

import java.util.List;
import java.util.Optional;

/**
 * One change to a request's body: a member is set or taken out, all other bytes stay as the client sent them.
 *
 * @param inside names the object that holds the member, outer name first; empty for the body itself. Objects that the body
 *     lacks are made when something is set in them
 * @param name of the member
 * @param json its new value, as JSON; empty to take it out
 */
public record Edit(List<String> inside, String name, Optional<String> json) {
    /** Copies the path. */
    public Edit {
        inside = List.copyOf(inside);
    }

    /** Sets a member of the body; {@code json} must be one JSON value. */
    public static Edit set(String name, String json) {
        return new Edit(List.of(), name, Optional.of(json));
    }

    /** Takes a member of the body out; nothing happens where there is none. */
    public static Edit remove(String name) {
        return new Edit(List.of(), name, Optional.empty());
    }

    /** Text as a JSON string, quotes included. */
    public static String quote(String text) {
        StringBuilder json = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }
}
