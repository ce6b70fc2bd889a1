package dev.sluice.gateway.extproc;

import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 frames as a client sends them, less the settings that Helidon does not know. Helidon 4.5.0 reads past the name of such
 * a setting but not past its value, and so loses the settings behind it. Envoy sends one (8, RFC 8441) right before its initial
 * window: without it Helidon believes the window to be 64 KB, Envoy has no reason to open it further, and every call with
 * larger answers hangs.
 *
 * <p>Bytes are read in chunks as they come. A chunk without a SETTINGS frame, and without a frame's header across its end, goes on
 * as it is; else the part that is not understood yet waits for the next chunk.
 */
final class KnownSettings implements Supplier<byte @Nullable []> {
    private static final int PREFACE = 24;
    private static final int HEADER = 9;
    private static final int SETTINGS = 4;
    private static final int ENTRY = 6;
    /** The largest name that Helidon knows; RFC 9113, 6.5.2. */
    private static final int LAST_KNOWN = 6;

    private static final byte[] NOTHING = {};

    private final Supplier<byte @Nullable []> source;
    private byte[] waiting = NOTHING;
    /** Bytes that go on unseen: the preface, and of each frame what is behind its header. */
    private int unseen = PREFACE;

    /** @param source gives chunks, null at the end */
    KnownSettings(Supplier<byte @Nullable []> source) {
        this.source = source;
    }

    @Override
    public byte @Nullable [] get() {
        while (true) {
            byte[] chunk = source.get();
            if (chunk == null) {
                return null;
            }
            byte[] known = known(waiting.length == 0 ? chunk : joined(waiting, chunk));
            if (known.length > 0) {
                return known;
            }
        }
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** What goes on of these bytes now. */
    private byte[] known(byte[] bytes) {
        waiting = NOTHING;
        byte[] out = bytes;
        int length = bytes.length;
        int at = 0;
        boolean changed = false;
        while (at < length) {
            if (unseen > 0) {
                int pass = Math.min(unseen, length - at);
                unseen -= pass;
                at += pass;
                continue;
            }
            int size = length - at < HEADER ? Integer.MAX_VALUE : number(out, at, 3);
            boolean settings = size != Integer.MAX_VALUE && out[at + 3] == SETTINGS && size > 0;
            if (size == Integer.MAX_VALUE || (settings && length - at < HEADER + size)) {
                waiting = Arrays.copyOfRange(out, at, length);
                return Arrays.copyOf(out, at);
            }
            if (!settings) {
                unseen = HEADER + size;
                continue;
            }
            if (!changed) {
                changed = true;
                out = bytes.clone();
            }
            int kept = compact(out, at + HEADER, size);
            System.arraycopy(out, at + HEADER + size, out, at + HEADER + kept, length - at - HEADER - size);
            length -= size - kept;
            out[at] = (byte) (kept >> 16);
            out[at + 1] = (byte) (kept >> 8);
            out[at + 2] = (byte) kept;
            at += HEADER + kept;
        }
        return length == out.length ? out : Arrays.copyOf(out, length);
    }

    /** Moves the entries that are known to the front, and says how many bytes they are. */
    private static int compact(byte[] frame, int from, int size) {
        int kept = 0;
        for (int entry = 0; entry + ENTRY <= size; entry += ENTRY) {
            int name = number(frame, from + entry, 2);
            if (name >= 1 && name <= LAST_KNOWN) {
                System.arraycopy(frame, from + entry, frame, from + kept, ENTRY);
                kept += ENTRY;
            }
        }
        return kept;
    }

    private static int number(byte[] bytes, int at, int size) {
        int value = 0;
        for (int i = 0; i < size; i++) {
            value = (value << 8) | (bytes[at + i] & 0xff);
        }
        return value;
    }
}
