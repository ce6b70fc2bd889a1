package dev.sluice.core.scan;

import java.nio.ByteBuffer;

/** A body that is refused. The message says what is wrong and where, in words that may be shown to the client. */
public final class BadBodyException extends Exception {
    private static final long serialVersionUID = 1;

    private final int offset;
    private final int line;
    private final int column;

    BadBodyException(ByteBuffer body, int offset, String reason) {
        this(offset, lineOf(body, offset), columnOf(body, offset), reason);
    }

    private BadBodyException(int offset, int line, int column, String reason) {
        super(reason + " at line " + line + ", column " + column + " (byte " + offset + ")", null, false, false);
        this.offset = offset;
        this.line = line;
        this.column = column;
    }

    /** Byte offset from the start of the body; its length where the body ends too early. */
    public int offset() {
        return offset;
    }

    /** Line, from 1. */
    public int line() {
        return line;
    }

    /** Column in characters, from 1. */
    public int column() {
        return column;
    }

    private static int lineOf(ByteBuffer body, int offset) {
        int line = 1;
        for (int i = 0; i < offset; i++) {
            if (body.get(i) == '\n') {
                line++;
            }
        }
        return line;
    }

    private static int columnOf(ByteBuffer body, int offset) {
        int column = 1;
        for (int i = offset - 1; i >= 0 && body.get(i) != '\n'; i--) {
            if ((body.get(i) & 0xC0) != 0x80) {
                column++;
            }
        }
        return column;
    }
}
