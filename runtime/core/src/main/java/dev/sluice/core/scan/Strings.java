package dev.sluice.core.scan;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * JSON's strings over the bytes of a buffer, heap or direct, strict by RFC 8259: UTF-8 is validated, control characters and
 * lone surrogates are refused.
 *
 * <p>Bodies are nearly all string content, so that is what is fast: eight bytes at a time are tested for a quote, a backslash,
 * a control character or a byte above 127 with one subtraction each. Where all bytes are below 128, {@code byte - 0x20} borrows
 * exactly for control characters, and {@code (byte ^ c) - 1} exactly for {@code c}. A borrow can spoil only bytes above the
 * one that borrowed, so the lowest marked byte is always right, and that is the only one looked at. The view handle reads heap
 * and direct buffers with the same code, so a mix of both costs no dispatch.
 */
class Strings {
    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;
    private static final long QUOTES = ONES * '"';
    private static final long BACKSLASHES = ONES * '\\';
    private static final long SPACES = ONES * ' ';

    final ByteBuffer body;
    final int end;
    int pos;

    /** Whether the last string had an escape in it. */
    boolean escaped;

    /** The buffer's position must be 0. */
    Strings(ByteBuffer body) {
        this.body = body;
        this.end = body.limit();
    }

    final BadBodyException bad(int offset, String reason) {
        return new BadBodyException(body, offset, reason);
    }

    static String name(int c) {
        return c > ' ' && c < 0x7F ? "'" + (char) c + "'" : String.format(Locale.ROOT, "byte 0x%02x", c);
    }

    /** Reads a string whose opening quote is at {@code pos}; leaves {@code pos} behind the closing quote. */
    final void string() throws BadBodyException {
        int i = pos + 1;
        escaped = false;
        while (true) {
            i = plain(i);
            if (i >= end) {
                throw bad(pos, "a string is never closed, it starts");
            }
            int c = body.get(i) & 0xFF;
            if (c == '"') {
                pos = i + 1;
                return;
            }
            if (c == '\\') {
                escaped = true;
                i = escape(i);
            } else if (c >= 0x80) {
                i = multibyte(i);
            } else if (c < 0x20) {
                throw bad(i, "a string holds a bare control character, " + name(c));
            } else {
                i++;
            }
        }
    }

    /** The next byte that needs a look, or one of the last seven before the end. */
    private int plain(int from) {
        ByteBuffer bytes = body;
        int i = from;
        int last = end - 8;
        int near = Math.min(last, from + 128);
        while (i <= near) {
            long marks = marks((long) LONGS.get(bytes, i)) & HIGHS;
            if (marks != 0) {
                return i + (Long.numberOfTrailingZeros(marks) >>> 3);
            }
            i += 8;
        }
        while (i <= last - 24) {
            long a = marks((long) LONGS.get(bytes, i));
            long b = marks((long) LONGS.get(bytes, i + 8));
            long c = marks((long) LONGS.get(bytes, i + 16));
            long d = marks((long) LONGS.get(bytes, i + 24));
            if (((a | b | c | d) & HIGHS) != 0) {
                int all = bits(a) | bits(b) << 8 | bits(c) << 16 | bits(d) << 24;
                return i + Integer.numberOfTrailingZeros(all);
            }
            i += 32;
        }
        while (i <= last) {
            long marks = marks((long) LONGS.get(bytes, i)) & HIGHS;
            if (marks != 0) {
                return i + (Long.numberOfTrailingZeros(marks) >>> 3);
            }
            i += 8;
        }
        return i;
    }

    /** One bit for each byte's mark, the first byte's lowest. */
    private static int bits(long marks) {
        return (int) (((marks & HIGHS) * 0x0002040810204081L) >>> 56);
    }

    private static long marks(long w) {
        return (w - SPACES) | ((w ^ QUOTES) - ONES) | ((w ^ BACKSLASHES) - ONES) | w;
    }

    private int escape(int i) throws BadBodyException {
        int c = i + 1 < end ? body.get(i + 1) : -1;
        return switch (c) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> i + 2;
            case 'u' -> unicodeEscape(i);
            default -> throw bad(i, "a string holds an unknown escape");
        };
    }

    private int unicodeEscape(int i) throws BadBodyException {
        int unit = hex4(i);
        if (!Character.isSurrogate((char) unit)) {
            return i + 6;
        }
        boolean pair = Character.isHighSurrogate((char) unit)
                && i + 11 < end
                && body.get(i + 6) == '\\'
                && body.get(i + 7) == 'u'
                && Character.isLowSurrogate((char) hex4(i + 6));
        if (!pair) {
            throw bad(i, "a string holds a lone surrogate");
        }
        return i + 12;
    }

    /** The code unit of the escape that starts at {@code i}. */
    private int hex4(int i) throws BadBodyException {
        if (i + 5 >= end) {
            throw bad(i, "a string holds an unfinished escape");
        }
        int unit = 0;
        for (int k = i + 2; k < i + 6; k++) {
            int digit = Json.hex(body.get(k));
            if (digit < 0) {
                throw bad(i, "a string holds an unknown escape");
            }
            unit = unit << 4 | digit;
        }
        return unit;
    }

    /** One or more characters of several bytes, by table 3-7 of the Unicode Standard. */
    private int multibyte(int start) throws BadBodyException {
        int i = threes(start);
        int c = i < end ? body.get(i) & 0xFF : 0;
        while (c >= 0x80) {
            int b1 = i + 1 < end ? body.get(i + 1) : 0;
            if (c >= 0xE0 && c < 0xF0) {
                int b2 = i + 2 < end ? body.get(i + 2) : 0;
                int point = (c & 0xF) << 12 | (b1 & 0x3F) << 6 | (b2 & 0x3F);
                if ((b1 & 0xC0) != 0x80 || (b2 & 0xC0) != 0x80 || point < 0x800 || point >>> 11 == 0x1B) {
                    throw badUtf8(i);
                }
                i += 3;
            } else if (c >= 0xC2 && c < 0xE0) {
                if ((b1 & 0xC0) != 0x80) {
                    throw badUtf8(i);
                }
                i += 2;
            } else {
                i = fourBytes(i, c, b1);
            }
            c = i < end ? body.get(i) & 0xFF : 0;
        }
        return i;
    }

    /**
     * Skips characters of three bytes, two at a time, as most East Asian text is made of them. Leaves those alone that begin
     * with 0xE0 or 0xED, where the second byte has other bounds.
     */
    private int threes(int from) {
        int i = from;
        while (i <= end - 8) {
            long w = (long) LONGS.get(body, i);
            long bounds = 0x2001L >>> (w & 0xF) | 0x2001L >>> (w >>> 24 & 0xF);
            if ((w & 0xC0C0F0C0C0F0L) != 0x8080E08080E0L || (bounds & 1) != 0) {
                break;
            }
            i += 6;
        }
        return i;
    }

    private int fourBytes(int i, int c, int b1) throws BadBodyException {
        int b2 = i + 2 < end ? body.get(i + 2) : 0;
        int b3 = i + 3 < end ? body.get(i + 3) : 0;
        int point = (c & 0x7) << 18 | (b1 & 0x3F) << 12 | (b2 & 0x3F) << 6 | (b3 & 0x3F);
        boolean tails = (b1 & 0xC0) == 0x80 && (b2 & 0xC0) == 0x80 && (b3 & 0xC0) == 0x80;
        if (c < 0xF0 || c > 0xF4 || !tails || point < 0x10000 || point > 0x10FFFF) {
            throw badUtf8(i);
        }
        return i + 4;
    }

    private BadBodyException badUtf8(int i) {
        return bad(i, "a string is not valid UTF-8");
    }
}
