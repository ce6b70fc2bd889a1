package dev.sluice.core.scan;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Reads what prompts are made of: strings, lists of strings, token ids, lists of token ids, messages with their content parts.
 *
 * <p>Two lists come out. {@code texts} holds the content of the strings that a person or a template would call text.
 * {@code segments} holds the bytes that identify the prompt: whole JSON values, so that roles and the borders of messages
 * count, cut only where an image or the like stands, whose bytes say nothing about its number of tokens.
 */
final class Prompt {
    /** Texts whose places are kept; of a list of more, the rest counts for its bytes only. */
    static final int MAX_TEXTS = 65_536;
    /** Images and the like that are kept apart from the text around them; engines allow far fewer. */
    static final int MAX_MEDIA = 1024;

    private static final int TEXT = 0;
    private static final int MEDIA = 1;
    private static final int MEDIA_LEAF = 2;
    private static final int OTHER = 3;
    private static final byte[][][] NAMES = {
        names("content", "text", "arguments", "output", "thinking", "reasoning", "reasoning_content", "refusal"),
        names(
                "image_url",
                "video_url",
                "audio_url",
                "input_audio",
                "source",
                "file",
                "image_embeds",
                "audio_embeds",
                "image_pil",
                "image",
                "audio",
                "video"),
        names("url", "data", "file_data"),
    };

    final Places texts = new Places(8);
    final Places segments = new Places(4);
    boolean ids;
    int tokens;
    int media;
    /** Elements of the list that is the prompt; 0 when it is one string or one list of token ids. */
    int elements;

    private final Pass in;
    private Places.Kind kind = Places.Kind.PROMPT;
    private int from;

    Prompt(Pass in) {
        this.in = in;
    }

    private static byte[][] names(String... names) {
        return List.of(names).stream()
                .map(name -> name.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
    }

    /** Reads the value at the pass's position. */
    void read(Key key, Places.Kind kind, int depth) throws BadBodyException {
        this.kind = kind;
        int c = in.at(in.pos);
        if (c == 'n') {
            in.word("null");
            return;
        }
        if (c != '"' && c != '[' && c != '{') {
            throw in.wrongType(key, "a string, a list or an object");
        }
        from = in.pos;
        if (c == '[') {
            list(key, depth);
        } else {
            part(TEXT, TEXT, depth);
        }
        segments.add(kind, from, in.pos);
    }

    private void list(Key key, int depth) throws BadBodyException {
        in.open(depth);
        int c = in.peek();
        if (c == ']') {
            in.pos++;
            return;
        }
        boolean numbers = c == '-' || Json.digit(c);
        if (numbers) {
            ids(key);
            return;
        }
        boolean lists = c == '[';
        elements = 0;
        do {
            elements++;
            int next = in.peek();
            if (next == '-' || Json.digit(next) || lists != (next == '[')) {
                throw in.wrongType(key, "a list whose elements are of one kind");
            }
            if (!lists) {
                part(TEXT, TEXT, depth + 1);
            } else {
                in.open(depth + 1);
                if (in.peek() == ']') {
                    in.pos++;
                } else {
                    ids(key);
                }
            }
        } while (in.more(']'));
    }

    /** Token ids from the first of them to the closing bracket. */
    private void ids(Key key) throws BadBodyException {
        ids = true;
        do {
            int c = in.peek();
            int start = in.pos;
            if (c < '0' || c > '9' || !in.number()) {
                throw in.bad(
                        start, "\"" + key.name + "\" must be a list of token ids, not negative and without a fraction");
            }
            tokens++;
        } while (in.more(']'));
    }

    private void part(int role, int around, int depth) throws BadBodyException {
        int c = in.peek();
        if (c == '{') {
            in.open(depth);
            if (in.peek() == '}') {
                in.pos++;
                return;
            }
            do {
                int start = in.key();
                int name = in.escaped ? escapedRole(start + 1, in.keyEnd) : role(start + 1, in.keyEnd);
                part(name, role, depth + 1);
            } while (in.more('}'));
        } else if (c == '[') {
            in.open(depth);
            if (in.peek() == ']') {
                in.pos++;
                return;
            }
            do {
                part(role, around, depth + 1);
            } while (in.more(']'));
        } else if (c == '"') {
            int start = in.pos + 1;
            in.string();
            leaf(role, around, start, in.pos - 1);
        } else {
            in.scalar(c);
        }
    }

    private void leaf(int role, int around, int start, int end) {
        if (role == TEXT) {
            if (texts.count() < MAX_TEXTS) {
                texts.add(kind, start, end);
            }
        } else if (role == MEDIA || (role == MEDIA_LEAF && around == MEDIA)) {
            if (media++ < MAX_MEDIA) {
                segments.add(kind, from, start);
                segments.add(
                        kind == Places.Kind.SYSTEM ? Places.Kind.SYSTEM_MEDIA : Places.Kind.PROMPT_MEDIA, start, end);
                from = end;
            }
        }
    }

    private int role(int start, int end) {
        for (int role = 0; role < NAMES.length; role++) {
            for (byte[] name : NAMES[role]) {
                if (name.length == end - start && same(name, start)) {
                    return role;
                }
            }
        }
        return OTHER;
    }

    private boolean same(byte[] name, int start) {
        for (int i = 0; i < name.length; i++) {
            if (in.body.get(start + i) != name[i]) {
                return false;
            }
        }
        return true;
    }

    private int escapedRole(int start, int end) {
        byte[] plain = Json.text(in.body, start, end).getBytes(StandardCharsets.UTF_8);
        for (int role = 0; role < NAMES.length; role++) {
            for (byte[] name : NAMES[role]) {
                if (Arrays.equals(name, plain)) {
                    return role;
                }
            }
        }
        return OTHER;
    }
}
