package dev.sluice.gateway.extproc;

import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A client's HTTP/2 frames, less what Helidon 4.5.0 goes wrong with:
 *
 * <ul>
 *   <li>Settings that it does not know. It reads past the name of one but not past its value, and loses the settings behind it.
 *       Envoy sends one (8, RFC 8441) right before its initial window: without it Helidon believes the window to be 64 KB, Envoy
 *       has no reason to open it further, and every call with larger answers hangs.
 *   <li>Resets of streams that it has forgotten. They are no error (RFC 9113, 5.1: a peer may not know yet that a stream is
 *       closed), and Envoy resets every stream after it has closed it; Helidon takes one for the end of the connection, and all
 *       other streams die. {@link StreamLives} knows which are forgotten.
 *   <li>What comes for a stream behind its client's own reset: grpc-java sends data then that was on its way already. Helidon takes
 *       it for an error of the connection. It is left out, and the connection's window is given back what it took.
 * </ul>
 *
 * Bytes are read in chunks as they come. A chunk that holds nothing of the kind goes on as it is; a frame's header across its
 * end, and a frame that is looked into, wait for the next chunk.
 */
final class ClientFrames implements Supplier<byte @Nullable []> {
    private static final int PREFACE = 24;
    private static final int HEADER = 9;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RESET = 3;
    private static final int SETTINGS = 4;
    private static final int WINDOW_UPDATE = 8;
    private static final int ENTRY = 6;
    /** The largest name of a setting that Helidon knows; RFC 9113, 6.5.2. */
    private static final int LAST_KNOWN = 6;

    private static final byte[] NOTHING = {};

    private final Supplier<byte @Nullable []> source;
    private final StreamLives lives;
    private final IntConsumer untold;
    private byte[] waiting = NOTHING;
    /** Bytes that go on unseen: the preface, and of each frame what is behind its header. */
    private int unseen = PREFACE;
    /** Bytes that are left out: what is left of a frame. */
    private int dropped;

    /**
     * @param source gives chunks, null at the end
     * @param untold is told of bytes of data that nobody will see
     */
    ClientFrames(Supplier<byte @Nullable []> source, StreamLives lives, IntConsumer untold) {
        this.source = source;
        this.lives = lives;
        this.untold = untold;
    }

    @Override
    public byte @Nullable [] get() {
        while (true) {
            byte[] chunk = source.get();
            if (chunk == null) {
                return null;
            }
            byte[] known = filtered(waiting.length == 0 ? chunk : joined(waiting, chunk));
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
    private byte[] filtered(byte[] bytes) {
        waiting = NOTHING;
        int length = bytes.length;
        int at = 0;
        while (at < length) {
            if (dropped > 0) {
                int drop = Math.min(dropped, length - at);
                System.arraycopy(bytes, at + drop, bytes, at, length - at - drop);
                length -= drop;
                dropped -= drop;
                continue;
            }
            if (unseen > 0) {
                int pass = Math.min(unseen, length - at);
                unseen -= pass;
                at += pass;
                continue;
            }
            int whole = length - at < HEADER ? Integer.MAX_VALUE : HEADER + number(bytes, at, 3);
            int type = whole == Integer.MAX_VALUE ? -1 : bytes[at + 3];
            boolean seen = type == SETTINGS || type == RESET;
            if (whole == Integer.MAX_VALUE || (seen && length - at < whole)) {
                waiting = Arrays.copyOfRange(bytes, at, length);
                return Arrays.copyOf(bytes, at);
            }
            if ((type == DATA || type == WINDOW_UPDATE) && lives.wasReset(number(bytes, at + 5, 4))) {
                if (type == DATA && whole > HEADER) {
                    untold.accept(whole - HEADER);
                }
                dropped = whole;
                continue;
            }
            if (!seen) {
                if (type == HEADERS) {
                    lives.began(number(bytes, at + 5, 4));
                }
                unseen = whole;
                continue;
            }
            int kept = type == SETTINGS ? known(bytes, at, whole) : reset(bytes, at, whole);
            System.arraycopy(bytes, at + whole, bytes, at + kept, length - at - whole);
            length -= whole - kept;
            at += kept;
        }
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    private int reset(byte[] bytes, int at, int whole) {
        return lives.reset(number(bytes, at + 5, 4)) ? whole : 0;
    }

    /** Moves the entries that are known to the front of their frame, and says how long it is then. */
    private static int known(byte[] frame, int at, int whole) {
        int kept = HEADER;
        for (int entry = HEADER; entry + ENTRY <= whole; entry += ENTRY) {
            int name = number(frame, at + entry, 2);
            if (name >= 1 && name <= LAST_KNOWN) {
                System.arraycopy(frame, at + entry, frame, at + kept, ENTRY);
                kept += ENTRY;
            }
        }
        int size = kept - HEADER;
        frame[at] = (byte) (size >> 16);
        frame[at + 1] = (byte) (size >> 8);
        frame[at + 2] = (byte) size;
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
