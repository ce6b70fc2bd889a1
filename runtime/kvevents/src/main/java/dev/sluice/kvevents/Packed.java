package dev.sluice.kvevents;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import org.msgpack.core.MessageFormat;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessagePackException;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.value.ValueType;

/**
 * MessagePack as engines write it, read strictly: no length is believed that the bytes left could not hold, so that nothing is
 * allocated for what does not come.
 */
final class Packed implements AutoCloseable {
    private static final int TEXT = 4096;
    private final MessageUnpacker in;
    private final int length;
    private final byte[] nine = new byte[9];

    /** Something that reads and may meet bytes of all kinds. */
    @FunctionalInterface
    interface Step<T> {
        T read() throws IOException, Malformed;
    }

    Packed(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    Packed(byte[] bytes, int from, int length) {
        this.in = MessagePack.newDefaultUnpacker(bytes, from, length);
        this.length = length;
    }

    /** Runs a step; whatever the bytes are, the outcome is a result or {@link Malformed}. */
    static <T> T strict(Step<T> step) throws Malformed {
        try {
            return step.read();
        } catch (MessagePackException | IOException | IndexOutOfBoundsException wrong) {
            throw new Malformed(wrong.getClass().getSimpleName());
        }
    }

    private int left() {
        return (int) Math.max(0, length - in.getTotalReadBytes());
    }

    /** Where the next value begins. */
    long at() {
        return in.getTotalReadBytes();
    }

    private ValueType next() throws IOException, Malformed {
        if (!in.hasNext()) {
            throw new Malformed("ends too early");
        }
        return in.getNextFormat().getValueType();
    }

    boolean nil() throws IOException, Malformed {
        if (next() != ValueType.NIL) {
            return false;
        }
        in.unpackNil();
        return true;
    }

    boolean isMap() throws IOException, Malformed {
        return next() == ValueType.MAP;
    }

    boolean isArray() throws IOException, Malformed {
        return next() == ValueType.ARRAY;
    }

    int array() throws IOException, Malformed {
        if (next() != ValueType.ARRAY) {
            throw new Malformed("expected an array");
        }
        return fits(in.unpackArrayHeader());
    }

    /** Number of entries. */
    int map() throws IOException, Malformed {
        return fits(in.unpackMapHeader());
    }

    private int fits(int count) throws Malformed {
        if (count < 0 || count > left()) {
            throw new Malformed("a length that does not fit");
        }
        return count;
    }

    String text() throws IOException, Malformed {
        if (next() != ValueType.STRING) {
            throw new Malformed("expected a text");
        }
        int bytes = in.unpackRawStringHeader();
        if (bytes > TEXT || bytes > left()) {
            throw new Malformed("a text that is too long");
        }
        return new String(in.readPayload(bytes), java.nio.charset.StandardCharsets.UTF_8);
    }

    /** A text; empty for nil or any other kind of value. */
    Optional<String> textIfAny() throws IOException, Malformed {
        if (next() == ValueType.STRING) {
            return Optional.of(text());
        }
        skip();
        return Optional.empty();
    }

    double number() throws IOException, Malformed {
        return switch (next()) {
            case FLOAT -> in.unpackDouble();
            case INTEGER -> (double) in.unpackLong();
            default -> throw new Malformed("expected a number");
        };
    }

    int integer() throws IOException, Malformed {
        if (next() != ValueType.INTEGER) {
            throw new Malformed("expected an integer");
        }
        return in.unpackInt();
    }

    /** An integer; empty for nil. */
    OptionalLong integerOrNil() throws IOException, Malformed {
        return nil() ? OptionalLong.empty() : OptionalLong.of(integer());
    }

    /** A block's hash: an integer, signed or not, of 64 bits; of a digest the last 8 bytes count. */
    long hash() throws IOException, Malformed {
        return switch (next()) {
            case INTEGER -> {
                if (in.getNextFormat() != MessageFormat.UINT64) {
                    yield in.unpackLong();
                }
                in.readPayload(nine);
                yield big(nine, 1);
            }
            case BINARY -> {
                int bytes = in.unpackBinaryHeader();
                if (bytes < 8 || bytes > 64 || bytes > left()) {
                    throw new Malformed("a digest of a strange length");
                }
                yield big(in.readPayload(bytes), bytes - 8);
            }
            default -> throw new Malformed("expected a hash");
        };
    }

    OptionalLong hashOrNil() throws IOException, Malformed {
        return nil() ? OptionalLong.empty() : OptionalLong.of(hash());
    }

    long[] hashes() throws IOException, Malformed {
        long[] hashes = new long[array()];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = hash();
        }
        return hashes;
    }

    int[] integers() throws IOException, Malformed {
        if (nil()) {
            return new int[0];
        }
        int[] integers = new int[array()];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = integer();
        }
        return integers;
    }

    /** A piece of bytes as text, for hashing only. */
    String bytes() throws IOException, Malformed {
        int bytes = in.unpackBinaryHeader();
        if (bytes > TEXT || bytes > left()) {
            throw new Malformed("bytes that are too long");
        }
        return new String(in.readPayload(bytes), java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    boolean isText() throws IOException, Malformed {
        return next() == ValueType.STRING;
    }

    boolean isBytes() throws IOException, Malformed {
        return next() == ValueType.BINARY;
    }

    /**
     * Goes behind the next value, however deep it is. The library's own way adds up in 32 bits what is still to be skipped: lengths
     * that overflow it would end the value too early.
     */
    void skip() throws IOException, Malformed {
        for (long open = 1; open > 0; open--) {
            switch (next()) {
                case ARRAY -> open += fits(in.unpackArrayHeader());
                case MAP -> open += 2L * fits(in.unpackMapHeader());
                default -> in.skipValue();
            }
        }
    }

    static long big(byte[] bytes, int at) {
        long value = 0;
        for (int i = at; i < at + 8; i++) {
            value = (value << 8) | (bytes[i] & 0xFF);
        }
        return value;
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException impossible) {
            throw new IllegalStateException("bytes in memory do not close", impossible);
        }
    }
}
