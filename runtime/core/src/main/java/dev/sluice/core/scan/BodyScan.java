package dev.sluice.core.scan;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What one pass over a valid body found. Holds the body's bytes and offsets into them; text is made only when asked for.
 * Immutable and safe to share as long as the bytes are not changed.
 */
public final class BodyScan {
    private static final int[] NO_IDS = {};

    private final Api api;
    private final ByteBuffer body;
    private final int[] places;
    private final int[] sessions;
    private final @Nullable Group[] groups;
    private final Places texts;
    private final Places segments;
    private final boolean ids;
    private final int tokens;
    private final int media;
    private final int elements;

    BodyScan(Api api, Pass pass) {
        this.api = api;
        this.body = pass.body;
        this.places = pass.places;
        this.sessions = pass.sessions;
        this.groups = pass.groups;
        this.texts = pass.prompt.texts.sorted();
        this.segments = pass.prompt.segments.sorted();
        this.ids = pass.prompt.ids;
        this.tokens = pass.prompt.tokens;
        this.media = pass.prompt.media;
        this.elements = pass.prompt.elements;
    }

    /** Whose body it is. */
    public Api api() {
        return api;
    }

    /** The body; offset 0 is its first byte. For absolute reads only. */
    public ByteBuffer body() {
        return body;
    }

    /** Length of the body in bytes. */
    public int length() {
        return body.limit();
    }

    /** The model that the client named; empty when it named none. */
    public String model() {
        return text(Field.MODEL).orElse("");
    }

    /** True when the client asked for a stream. */
    public boolean stream() {
        return flag(Field.STREAM);
    }

    /** True when the client asked for usage at the end of its stream. */
    public boolean includeUsage() {
        return flag(Field.INCLUDE_USAGE);
    }

    /** Output tokens that the client allows per choice, at most {@link Integer#MAX_VALUE}; empty without a limit. */
    public OptionalInt maxTokens() {
        for (Field field : limits()) {
            OptionalInt limit = integer(field);
            if (limit.isPresent() && limit.getAsInt() >= 0) {
                return limit;
            }
        }
        return OptionalInt.empty();
    }

    private List<Field> limits() {
        return switch (api) {
            case CHAT -> List.of(Field.MAX_COMPLETION_TOKENS, Field.MAX_TOKENS);
            case RESPONSES -> List.of(Field.MAX_OUTPUT_TOKENS);
            case GENERATE -> List.of(Field.SAMPLING_MAX_TOKENS);
            default -> List.of(Field.MAX_TOKENS);
        };
    }

    /** Number of choices that the client asked for, at least 1. */
    public int choices() {
        return Math.max(
                1, integer(api == Api.GENERATE ? Field.SAMPLING_N : Field.N).orElse(1));
    }

    /** The response that a {@code /v1/responses} call goes on from. */
    public Optional<String> previousResponseId() {
        return text(Field.PREVIOUS_RESPONSE_ID);
    }

    /** The session named by the first of the scanner's paths that the body has; empty strings do not count. */
    public Optional<String> session() {
        for (int path = 0; path < sessions.length / 2; path++) {
            Optional<String> session = session(path);
            if (session.isPresent()) {
                return session;
            }
        }
        return Optional.empty();
    }

    /** The session at one path of the scanner, by its index. Numbers are given as they are written. */
    public Optional<String> session(int path) {
        return scalar(sessions[2 * path], sessions[2 * path + 1]).filter(text -> !text.isEmpty());
    }

    /** Number of prompts in a {@code /v1/completions} body, at least 1; elsewhere 1. */
    public int prompts() {
        return api == Api.COMPLETIONS ? Math.max(1, elements) : 1;
    }

    /** Names of the top-level members, in order, escapes undone. */
    public List<String> names() {
        Group root = root();
        List<String> names = new ArrayList<>(root.count());
        for (int i = 0; i < root.count(); i++) {
            names.add(Json.text(body, root.start(i) + 1, root.keyEnd(i)));
        }
        return names;
    }

    /** True when there is a top-level member of that name whose value is neither null nor false. */
    public boolean asks(String name) {
        Group root = root();
        for (int i = 0; i < root.count(); i++) {
            if (Json.same(body, root.start(i) + 1, root.keyEnd(i), name)) {
                byte first = body.get(root.valueStart(i));
                return first != 'n' && first != 'f';
            }
        }
        return false;
    }

    /** True when the field's value is an object that edits may change. */
    public boolean isObject(Field field) {
        return group(field) != null;
    }

    /** True when the body has the field, even when it is null. */
    public boolean has(Field field) {
        return start(field) >= 0;
    }

    /** Offset of the field's value; -1 when absent. */
    public int start(Field field) {
        return places[2 * field.index()];
    }

    /** Offset behind the field's value; -1 when absent. */
    public int end(Field field) {
        return places[2 * field.index() + 1];
    }

    /** The field's text, or its digits for a number; empty when it is absent or anything else. */
    public Optional<String> text(Field field) {
        return scalar(start(field), end(field));
    }

    /** The field's integer, cut to the range of int; empty when it is absent or no integer. */
    public OptionalInt integer(Field field) {
        int start = start(field);
        if (start < 0 || (body.get(start) != '-' && !Json.digit(body.get(start)))) {
            return OptionalInt.empty();
        }
        boolean negative = body.get(start) == '-';
        long value = 0;
        for (int i = negative ? start + 1 : start; i < end(field); i++) {
            if (!Json.digit(body.get(i))) {
                return OptionalInt.empty();
            }
            value = Math.min(value * 10 + body.get(i) - '0', Integer.MAX_VALUE);
        }
        return OptionalInt.of((int) (negative ? -value : value));
    }

    private boolean flag(Field field) {
        int start = start(field);
        return start >= 0 && body.get(start) == 't';
    }

    private Optional<String> scalar(int start, int end) {
        if (start < 0) {
            return Optional.empty();
        }
        byte first = body.get(start);
        if (first == '"') {
            return Optional.of(Json.text(body, start + 1, end - 1));
        }
        return first == '-' || Json.digit(first) ? Optional.of(Json.text(body, start, end)) : Optional.empty();
    }

    /** The contents of the prompt's strings, without quotes, escapes still in them; empty for token ids. At most 65,536. */
    public Places texts() {
        return texts;
    }

    /** The bytes that identify the prompt, roles and borders of messages included; see {@link Places.Kind}. */
    public Places segments() {
        return segments;
    }

    /** True when the prompt is token ids. */
    public boolean tokenIds() {
        return ids;
    }

    /** Number of token ids; 0 when the prompt is text. */
    public int tokenCount() {
        return tokens;
    }

    /** The prompt's token ids; none when it is text, or more than one list of them, or an id is no int. */
    public int[] promptIds() {
        if (!ids || segments.count() != 1 || segments.kind(0) != Places.Kind.PROMPT) {
            return NO_IDS;
        }
        int[] found = new int[tokens];
        int n = 0;
        int at = segments.start(0);
        int lists = 0;
        while (at < segments.end(0)) {
            byte b = body.get(at);
            if (!Json.digit(b)) {
                lists += b == '[' && n > 0 ? 1 : 0;
                at++;
                continue;
            }
            long id = 0;
            while (at < segments.end(0) && Json.digit(body.get(at))) {
                id = Math.min(id * 10 + body.get(at++) - '0', Long.MAX_VALUE / 100);
            }
            if (id > Integer.MAX_VALUE || n == tokens) {
                return NO_IDS;
            }
            found[n++] = (int) id;
        }
        return lists > 0 || n < tokens ? NO_IDS : found;
    }

    /** Number of images, sounds and the like in the prompt. */
    public int media() {
        return media;
    }

    /** The prompt's strings, decoded, one per line: those of {@link #texts}. Expensive for long prompts. */
    public String promptText() {
        List<String> lines = new ArrayList<>(texts.count());
        for (int i = 0; i < texts.count(); i++) {
            lines.add(Json.text(body, texts.start(i), texts.end(i)));
        }
        return String.join("\n", lines);
    }

    Group root() {
        Group root = groups[groups.length - 1];
        if (root == null) {
            throw new IllegalStateException("not scanned");
        }
        return root;
    }

    /** The object that is the field's value; null when it is absent or no object. */
    @Nullable
    Group group(Field field) {
        return groups[field.index()];
    }
}
