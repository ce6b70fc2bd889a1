package dev.sluice.simulator;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A reversible tokenizer without a vocabulary file: a token is up to four ASCII characters of one kind (letters, digits, other),
 * a leading space belongs to the word after it, and a line break stands alone; about 3.3 characters of English to a token.
 * Characters are packed seven bits each into the id, so ids are the same on every instance; a byte that is not ASCII is a token
 * of its own, and so is each control token of the chat template.
 */
final class Tokenizer {
    static final int BYTES = 1 << 28;
    static final int SPECIALS = BYTES + 256;
    static final int VOCABULARY = SPECIALS + 16;
    static final int END = SPECIALS + 1;
    private static final List<String> SPECIAL = List.of(
            "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<tool_call>", "</tool_call>", "<think>", "</think>");

    private Tokenizer() {}

    static int[] encode(String text) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var ids = new int[bytes.length];
        var n = 0;
        var i = 0;
        while (i < bytes.length) {
            if (bytes[i] == '<') {
                var special = special(bytes, i);
                if (special >= 0) {
                    ids[n++] = SPECIALS + special;
                    i += SPECIAL.get(special).length();
                    continue;
                }
            }
            if (bytes[i] <= 0) {
                ids[n++] = BYTES + (bytes[i] & 0xff);
                i++;
                continue;
            }
            var end = end(bytes, i);
            var id = 0;
            while (i < end) {
                id = id << 7 | bytes[i++];
            }
            ids[n++] = id;
        }
        return Arrays.copyOf(ids, n);
    }

    private static int end(byte[] bytes, int start) {
        var at = start;
        if (bytes[at] == ' ' && at + 1 < bytes.length && bytes[at + 1] > ' ') {
            at++;
        }
        var kind = kind(bytes[at++]);
        while (at < bytes.length && at - start < 4 && kind != 3 && bytes[at] > 0 && kind(bytes[at]) == kind) {
            if (bytes[at] == '<') {
                break;
            }
            at++;
        }
        return at;
    }

    private static int kind(byte b) {
        if ((b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z')) {
            return 0;
        }
        if (b >= '0' && b <= '9') {
            return 1;
        }
        return b <= ' ' ? 3 : 2;
    }

    private static int special(byte[] bytes, int at) {
        for (var s = 0; s < SPECIAL.size(); s++) {
            var name = SPECIAL.get(s);
            var length = name.length();
            if (at + length <= bytes.length
                    && name.equals(new String(bytes, at, length, StandardCharsets.ISO_8859_1))) {
                return s;
            }
        }
        return -1;
    }

    /** The bytes of one token; none for ids outside the vocabulary. */
    static byte[] bytes(int id) {
        if (id >= SPECIALS) {
            return id - SPECIALS < SPECIAL.size()
                    ? SPECIAL.get(id - SPECIALS).getBytes(StandardCharsets.ISO_8859_1)
                    : new byte[0];
        }
        if (id >= BYTES) {
            return new byte[] {(byte) (id - BYTES)};
        }
        var length = id < 1 << 7 ? 1 : id < 1 << 14 ? 2 : id < 1 << 21 ? 3 : 4;
        var bytes = new byte[length];
        for (var i = length - 1; i >= 0; i--) {
            bytes[i] = (byte) ((id >> (7 * (length - 1 - i))) & 0x7f);
        }
        return bytes;
    }

    static String decode(int[] ids) {
        var out = new java.io.ByteArrayOutputStream(ids.length * 4);
        for (var id : ids) {
            out.writeBytes(bytes(id));
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    static String decode(int id) {
        return new String(bytes(id), StandardCharsets.UTF_8);
    }
}
