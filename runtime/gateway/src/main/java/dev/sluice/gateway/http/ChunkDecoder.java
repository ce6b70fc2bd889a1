package dev.sluice.gateway.http;

import java.nio.ByteBuffer;

/**
 * Chunked framing of RFC 9112 7.1, decoded in place and incrementally: the data of all chunks within one span of a buffer
 * is moved together, so that it can be scanned, and passed on, as one run.
 */
final class ChunkDecoder {
    private static final int SIZE = 0;
    private static final int EXTENSION = 1;
    private static final int SIZE_LF = 2;
    private static final int DATA = 3;
    private static final int DATA_CR = 4;
    private static final int DATA_LF = 5;
    private static final int TRAILER_START = 6;
    private static final int TRAILER = 7;
    private static final int TRAILER_LF = 8;
    private static final int END_LF = 9;
    private static final int END = 10;

    private static final int MOST_DIGITS = 15;
    private static final int MOST_EXTENSION = 256;
    private static final int MOST_TRAILER = 8 << 10;

    private final boolean strict;
    private int state;
    private int digits;
    private int extra;
    private long left;
    private int next;

    /** @param strict requests: neither chunk extensions nor trailers; else they are dropped, within bounds */
    ChunkDecoder(boolean strict) {
        this.strict = strict;
    }

    void reset() {
        state = SIZE;
        digits = 0;
        extra = 0;
        left = 0;
    }

    /** Whether the last chunk and the end of the trailer section have been seen. */
    boolean ended() {
        return state == END;
    }

    /** After {@link #decode}: position of the first byte that was not consumed; behind the message's end when it ended. */
    int next() {
        return next;
    }

    /**
     * Decodes the bytes from {@code from} to {@code to}; their data is moved to {@code out}, which must not be greater
     * than {@code from}. Stops behind the end of the message.
     *
     * @return position after the data
     * @throws BadChunk when the framing is wrong
     */
    int decode(ByteBuffer b, int from, int to, int out) throws BadChunk {
        int p = from;
        while (p < to && state != END) {
            if (state == DATA) {
                int n = (int) Math.min(left, to - p);
                if (out != p) {
                    b.put(out, b, p, n);
                }
                out += n;
                p += n;
                left -= n;
                if (left == 0) {
                    state = DATA_CR;
                }
            } else {
                framing(b.get(p++));
            }
        }
        next = p;
        return out;
    }

    private void framing(byte c) throws BadChunk {
        switch (state) {
            case SIZE -> size(c);
            case EXTENSION -> {
                if (c == Bytes.CR) {
                    state = SIZE_LF;
                } else if (!Bytes.field(c) || ++extra > MOST_EXTENSION) {
                    throw new BadChunk("a bad chunk extension");
                }
            }
            case SIZE_LF -> {
                lineFeed(c);
                digits = 0;
                extra = 0;
                state = left == 0 ? TRAILER_START : DATA;
            }
            case DATA_CR -> {
                if (c != Bytes.CR) {
                    throw new BadChunk("a chunk longer than its size");
                }
                state = DATA_LF;
            }
            case DATA_LF -> {
                lineFeed(c);
                state = SIZE;
            }
            case TRAILER_START -> {
                if (c == Bytes.CR) {
                    state = END_LF;
                } else if (strict) {
                    throw new BadChunk("trailers are not accepted");
                } else if (!Bytes.token(c)) {
                    throw new BadChunk("a bad trailer");
                } else {
                    state = TRAILER;
                }
            }
            case TRAILER -> {
                if (c == Bytes.CR) {
                    state = TRAILER_LF;
                } else if (!Bytes.field(c) || ++extra > MOST_TRAILER) {
                    throw new BadChunk("a bad trailer");
                }
            }
            case TRAILER_LF -> {
                lineFeed(c);
                state = TRAILER_START;
            }
            default -> {
                lineFeed(c);
                state = END;
            }
        }
    }

    private void size(byte c) throws BadChunk {
        int digit = Bytes.hex(c);
        if (digit >= 0) {
            if (++digits > MOST_DIGITS) {
                throw new BadChunk("a chunk size that is too long");
            }
            left = left * 16 + digit;
        } else if (digits == 0) {
            throw new BadChunk("a chunk without a size");
        } else if (c == Bytes.CR) {
            state = SIZE_LF;
        } else if (c == ';' && !strict) {
            state = EXTENSION;
        } else {
            throw new BadChunk(c == ';' ? "chunk extensions are not accepted" : "a bad chunk size");
        }
    }

    private static void lineFeed(byte c) throws BadChunk {
        if (c != Bytes.LF) {
            throw new BadChunk("a line of the chunk framing does not end in CR LF");
        }
    }

    /** The framing is wrong. */
    static final class BadChunk extends Exception {
        private final String what;

        BadChunk(String what) {
            super(what, null, false, false);
            this.what = what;
        }

        String what() {
            return what;
        }
    }
}
