package dev.sluice.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** MessagePack as JSON; byte strings as hexadecimal text. */
final class Unpacked {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Unpacked() {}

    static JsonNode of(byte[] bytes) {
        return next(ByteBuffer.wrap(bytes));
    }

    private static JsonNode next(ByteBuffer in) {
        var type = in.get() & 0xff;
        if (type < 0x80) {
            return JSON.numberNode(type);
        }
        if (type < 0x90) {
            return map(in, type & 0xf);
        }
        if (type < 0xa0) {
            return array(in, type & 0xf);
        }
        if (type < 0xc0) {
            return JSON.textNode(text(in, type & 0x1f));
        }
        return switch (type) {
            case 0xc0 -> JSON.nullNode();
            case 0xc4 -> JSON.textNode(HexFormat.of().formatHex(raw(in, in.get() & 0xff)));
            case 0xcb -> JSON.numberNode(in.getDouble());
            case 0xcc -> JSON.numberNode(in.get() & 0xff);
            case 0xcd -> JSON.numberNode(in.getShort() & 0xffff);
            case 0xce -> JSON.numberNode(in.getInt() & 0xffff_ffffL);
            case 0xcf -> JSON.numberNode(new BigInteger(Long.toUnsignedString(in.getLong())));
            case 0xd9 -> JSON.textNode(text(in, in.get() & 0xff));
            case 0xdc -> array(in, in.getShort() & 0xffff);
            case 0xde -> map(in, in.getShort() & 0xffff);
            default -> throw new IllegalArgumentException("type " + Integer.toHexString(type));
        };
    }

    private static JsonNode array(ByteBuffer in, int size) {
        var array = JSON.arrayNode();
        for (var i = 0; i < size; i++) {
            array.add(next(in));
        }
        return array;
    }

    private static JsonNode map(ByteBuffer in, int size) {
        var map = JSON.objectNode();
        for (var i = 0; i < size; i++) {
            map.set(next(in).asText(), next(in));
        }
        return map;
    }

    private static byte[] raw(ByteBuffer in, int length) {
        var bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static String text(ByteBuffer in, int length) {
        return new String(raw(in, length), StandardCharsets.UTF_8);
    }
}
