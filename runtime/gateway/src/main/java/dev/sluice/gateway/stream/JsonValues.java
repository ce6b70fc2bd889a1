package dev.sluice.gateway.stream;

import dev.sluice.gateway.stream.JsonReader.Token;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A JSON object whose values are looked up by their path and given as they are written. Immutable. */
public final class JsonValues {
    private final byte[] json;

    /** @param json one object; what is none has no values. Not copied: must stay as it is */
    public JsonValues(byte[] json) {
        this.json = json;
    }

    /** The same of a text. */
    public static JsonValues of(String json) {
        return new JsonValues(json.getBytes(StandardCharsets.UTF_8));
    }

    /** The value at a path of names, byte for byte; empty when there is none, or null. Of a name given twice the last counts. */
    public Optional<String> raw(String... path) {
        int[] place = find(path);
        return place.length == 0 || json[place[0]] == 'n'
                ? Optional.empty()
                : Optional.of(new String(json, place[0], place[1] - place[0], StandardCharsets.UTF_8));
    }

    /** The text at a path, escapes undone; empty when there is none, or it is no string. */
    public Optional<String> text(String... path) {
        int[] place = find(path);
        if (place.length == 0 || json[place[0]] != '"') {
            return Optional.empty();
        }
        JsonReader reader = new JsonReader();
        reader.reset(json, place[0], place[1]);
        reader.next();
        return Optional.of(reader.string());
    }

    /** The integer from 0 up at a path; -1 when there is none. */
    public int count(String... path) {
        int[] place = find(path);
        if (place.length == 0) {
            return -1;
        }
        JsonReader reader = new JsonReader();
        reader.reset(json, place[0], place[1]);
        reader.next();
        return reader.count();
    }

    /** Names of the members of the object at a path, in order. */
    public List<String> names(String... path) {
        int[] place = path.length == 0 ? new int[] {0, json.length} : find(path);
        List<String> names = new ArrayList<>();
        if (place.length == 0) {
            return names;
        }
        JsonReader reader = new JsonReader();
        reader.reset(json, place[0], place[1]);
        if (reader.next() != Token.OBJECT) {
            return names;
        }
        while (reader.nextKey()) {
            names.add(reader.string());
            reader.next();
            reader.skip();
        }
        return names;
    }

    /** Where a value begins and ends; no numbers when there is none. */
    private int[] find(String... path) {
        int[] place = {0, json.length};
        for (String name : path) {
            place = member(place, name);
            if (place.length == 0) {
                return place;
            }
        }
        return place;
    }

    private int[] member(int[] object, String name) {
        JsonReader reader = new JsonReader();
        reader.reset(json, object[0], object[1]);
        int[] found = {};
        if (reader.next() != Token.OBJECT) {
            return found;
        }
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        while (reader.nextKey()) {
            boolean here = reader.escaped() ? reader.string().equals(name) : reader.is(wanted);
            Token first = reader.next();
            int start = first == Token.OBJECT || first == Token.ARRAY
                    ? reader.position() - 1
                    : first == Token.STRING ? reader.from() - 1 : reader.from();
            reader.skip();
            if (here && reader.token() != Token.BAD) {
                found = new int[] {start, reader.position()};
            }
        }
        return reader.token() == Token.END_OBJECT ? found : new int[0];
    }
}
