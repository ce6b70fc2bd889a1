package dev.sluice.core.scan;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The one pass over a body. Known keys are looked into, everything else is checked and skipped. */
final class Pass extends Lexer {
    /** Members that an object may have whose members are kept: no body needs more, and places cost memory. */
    static final int MAX_MEMBERS = 4096;
    /** Bytes of a string that is read: a model's name, an id of a response, a session. */
    static final int MAX_TEXT = 4096;

    private static final Field[] FIELDS = Field.values();

    /** Two cells per field: where its value starts and ends; -1 where it is absent. */
    final int[] places = new int[2 * FIELDS.length];

    final int[] sessions;
    /** The objects that edits may change, by field; the root is the last. */
    final @Nullable Group[] groups = new @Nullable Group[FIELDS.length + 1];

    final Prompt prompt = new Prompt(this);

    Pass(ByteBuffer body, int sessionPaths) {
        super(body);
        sessions = new int[2 * sessionPaths];
        Arrays.fill(places, -1);
        Arrays.fill(sessions, -1);
    }

    void run(Keys keys) throws BadBodyException {
        int c = peek();
        if (c != '{') {
            throw unexpected(c, "'{', the body must be a JSON object");
        }
        Group root = new Group(pos);
        groups[FIELDS.length] = root;
        object(keys, root, 0);
        if (peek() >= 0) {
            throw bad(pos, "unexpected " + name(at(pos)) + " behind the body's end");
        }
    }

    private void object(Keys keys, @Nullable Group group, int depth) throws BadBodyException {
        open(depth);
        if (peek() == '}') {
            pos++;
        } else {
            long seen = 0;
            do {
                int start = key();
                int nameEnd = keyEnd;
                int index = keys.find(body, start + 1, nameEnd, escaped);
                Key key = keys.key(index);
                if (index >= 0) {
                    if ((seen & 1L << index) != 0) {
                        throw bad(start, "duplicate key \"" + key.name + "\"");
                    }
                    seen |= 1L << index;
                }
                peek();
                int valueStart = pos;
                value(key, depth + 1);
                if (group != null) {
                    if (group.count() == MAX_MEMBERS) {
                        throw bad(start, "an object has more than " + MAX_MEMBERS + " keys");
                    }
                    group.add(key, start, nameEnd, valueStart, pos);
                }
                keep(key, valueStart);
            } while (more('}'));
        }
        if (group != null) {
            group.close(pos);
        }
    }

    private void keep(Key key, int valueStart) {
        if (key.field != null) {
            places[2 * key.field.index()] = valueStart;
            places[2 * key.field.index() + 1] = pos;
        }
        int first = at(valueStart);
        if (key.session >= 0 && pos - valueStart <= MAX_TEXT && (first == '"' || first == '-' || Json.digit(first))) {
            sessions[2 * key.session] = valueStart;
            sessions[2 * key.session + 1] = pos;
        }
    }

    private void value(Key key, int depth) throws BadBodyException {
        int c = at(pos);
        switch (key.use) {
            case PLACE, TAKEN -> skip(depth);
            case STRING -> typed(c, c == '"', key, "a string");
            case FLAG -> typed(c, c == 't' || c == 'f', key, "true or false");
            case INTEGER -> integer(c, key);
            case OBJECT, STRICT_OBJECT -> nested(c, key, depth);
            case SHAPE -> whole(Places.Kind.SHAPE, depth);
            case TOOLS -> whole(Places.Kind.TOOLS, depth);
            case MEDIA -> whole(Places.Kind.PROMPT_MEDIA, depth);
            case SYSTEM -> prompt.read(key, Places.Kind.SYSTEM, depth);
            case PROMPT -> prompt.read(key, Places.Kind.PROMPT, depth);
        }
    }

    private void typed(int c, boolean fits, Key key, String wanted) throws BadBodyException {
        if (!fits && c != 'n') {
            throw wrongType(key, wanted);
        }
        int start = pos;
        scalar(c);
        if (pos - start > MAX_TEXT) {
            throw bad(start, "\"" + key.name + "\" is longer than " + MAX_TEXT + " bytes");
        }
    }

    BadBodyException wrongType(Key key, String wanted) {
        return at(pos) < 0 ? unexpected(-1, "a value") : bad(pos, "\"" + key.name + "\" must be " + wanted);
    }

    private void integer(int c, Key key) throws BadBodyException {
        int start = pos;
        boolean number = c == '-' || Json.digit(c);
        if (!number && c != 'n') {
            throw wrongType(key, "an integer");
        }
        if (!number) {
            word("null");
        } else if (!number()) {
            throw bad(start, "\"" + key.name + "\" must be an integer");
        }
    }

    private void nested(int c, Key key, int depth) throws BadBodyException {
        if (c == '{') {
            Group group = null;
            if (key.field != null) {
                group = new Group(pos);
                groups[key.field.index()] = group;
            }
            object(key.inside, group, depth);
        } else if (key.use == Key.Use.STRICT_OBJECT && c != 'n') {
            throw wrongType(key, "an object");
        } else {
            skip(depth);
        }
    }

    private void whole(Places.Kind kind, int depth) throws BadBodyException {
        int start = pos;
        skip(depth);
        if (body.get(start) != 'n') {
            prompt.segments.add(kind, start, pos);
        }
    }
}
