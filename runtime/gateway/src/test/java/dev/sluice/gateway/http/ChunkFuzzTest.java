package dev.sluice.gateway.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The decoder, in pieces of any size, against one that sees all bytes at once and is written down as the grammar is. */
class ChunkFuzzTest {
    private enum Kind {
        ENDED,
        UNFINISHED,
        BAD
    }

    /** @param next behind the message's end; 0 when there is none */
    private record Decoded(Kind kind, String data, int next) {}

    /** @param input whether requests are read, a size of pieces, and the bytes */
    @FuzzTest
    void chunks(byte[] input) {
        if (input.length < 2) {
            return;
        }
        boolean strict = (input[0] & 1) == 0;
        int piece = 1 + (input[1] & 0xff);
        byte[] bytes = Arrays.copyOfRange(input, 2, input.length);
        Decoded expected = new Grammar(bytes, strict).read();
        for (int size : new int[] {piece, Math.max(1, bytes.length)}) {
            Decoded decoded = decoded(bytes, strict, size);
            if (!decoded.equals(expected)) {
                throw new AssertionError(decoded + " in pieces of " + size + ", expected " + expected);
            }
        }
    }

    private static Decoded decoded(byte[] bytes, boolean strict, int piece) {
        ChunkDecoder decoder = new ChunkDecoder(strict);
        decoder.reset();
        ByteBuffer b = ByteBuffer.wrap(bytes.clone());
        int out = 0;
        try {
            for (int from = 0; from < bytes.length; from += piece) {
                int to = Math.min(bytes.length, from + piece);
                out = decoder.decode(b, from, to, out);
                if (decoder.ended()) {
                    return new Decoded(Kind.ENDED, Bytes.string(b, 0, out), decoder.next());
                }
            }
        } catch (ChunkDecoder.BadChunk bad) {
            return new Decoded(Kind.BAD, "", 0);
        }
        return new Decoded(Kind.UNFINISHED, Bytes.string(b, 0, out), 0);
    }

    /** RFC 9112 7.1, with the decoder's bounds. */
    private static final class Grammar {
        private static final class End extends Exception {
            private final Kind kind;

            End(Kind kind) {
                super(kind.name(), null, false, false);
                this.kind = kind;
            }
        }

        private final byte[] bytes;
        private final boolean strict;
        private final ByteArrayOutputStream data = new ByteArrayOutputStream();
        private int at;

        Grammar(byte[] bytes, boolean strict) {
            this.bytes = bytes;
            this.strict = strict;
        }

        Decoded read() {
            try {
                while (chunk()) {
                    // the next one
                }
                trailers();
                return new Decoded(Kind.ENDED, text(), at);
            } catch (End end) {
                return new Decoded(end.kind, end.kind == Kind.BAD ? "" : text(), 0);
            }
        }

        private String text() {
            return data.toString(java.nio.charset.StandardCharsets.ISO_8859_1);
        }

        private char next() throws End {
            if (at == bytes.length) {
                throw new End(Kind.UNFINISHED);
            }
            return (char) (bytes[at++] & 0xff);
        }

        private void must(boolean holds) throws End {
            if (!holds) {
                throw new End(Kind.BAD);
            }
        }

        private void lineEnd() throws End {
            must(next() == '\r');
            must(next() == '\n');
        }

        /** False for the last chunk. */
        private boolean chunk() throws End {
            long size = 0;
            int digits = 0;
            char c = next();
            for (; c < 128 && Character.digit(c, 16) >= 0; c = next()) {
                must(++digits <= 15);
                size = size * 16 + Character.digit(c, 16);
            }
            must(digits > 0);
            if (c == ';') {
                must(!strict);
                fieldText(256);
            } else {
                must(c == '\r');
                must(next() == '\n');
            }
            if (size == 0) {
                return false;
            }
            for (; size > 0; size--) {
                data.write(next());
            }
            lineEnd();
            return true;
        }

        /** The rest of a line; how many bytes it had. */
        private int fieldText(int most) throws End {
            int n = 0;
            char c = next();
            for (; c == '\t' || (c >= ' ' && c != 0x7f); c = next()) {
                must(++n <= most);
            }
            must(c == '\r');
            must(next() == '\n');
            return n;
        }

        private void trailers() throws End {
            int left = 8 << 10;
            while (true) {
                char c = next();
                if (c == '\r') {
                    must(next() == '\n');
                    return;
                }
                must(!strict);
                must("!#$%&'*+-.^_`|~".indexOf(c) >= 0 || (c < 128 && Character.isLetterOrDigit(c)));
                left -= fieldText(left);
            }
        }
    }
}
