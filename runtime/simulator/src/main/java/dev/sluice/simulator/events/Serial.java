package dev.sluice.simulator.events;

import java.io.ByteArrayOutputStream;
import java.util.List;

/**
 * What vLLM hashes for a block: {@code (parent digest, token ids, extra keys)} as Python would serialise that tuple. Extra keys
 * are tuples of strings, {@code None} when there are none.
 */
interface Serial {
    /** The root: one string. */
    byte[] text(String text);

    /** One block. */
    byte[] block(byte[] parent, int[] tokens, int from, int to, List<List<String>> extra);

    /** Low bytes of a number, lowest first. */
    static void little(ByteArrayOutputStream out, long value, int bytes) {
        for (var i = 0; i < bytes; i++) {
            out.write((int) (value >>> (8 * i)));
        }
    }

    /** Low bytes of a number, highest first. */
    static void big(ByteArrayOutputStream out, long value, int bytes) {
        for (var i = bytes - 1; i >= 0; i--) {
            out.write((int) (value >>> (8 * i)));
        }
    }
}
