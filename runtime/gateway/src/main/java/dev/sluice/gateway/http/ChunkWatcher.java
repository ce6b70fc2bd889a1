package dev.sluice.gateway.http;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Sees the bytes of a streamed answer before the client does and says what goes on.
 *
 * <p>Both methods may be called on another thread than the one that started the relay (one at a time, each seeing what
 * the one before did): they must not block.
 */
public interface ChunkWatcher {
    /**
     * One upstream read's worth of decoded body.
     *
     * @param data between position and limit; only valid during the call; must not be changed
     * @param out what the client gets, in the order of the calls; nothing is passed by itself. A watcher that holds an
     *     unfinished event back copies it and passes it later with {@link Passage#insert}.
     * @throws IOException to end the relay at once; thrown on by {@link Relay#stream}
     */
    void onBytes(ByteBuffer data, Passage out) throws IOException;

    /** The answer is complete by its framing. What is passed now still goes before the end of the client's stream. */
    default void onEnd(Passage out) throws IOException {}

    /** Asked after each read was passed on: true ends the relay, as if the answer had ended here. */
    default boolean over() {
        return false;
    }

    /** What goes on to the client. */
    interface Passage {
        /** Passes the data's bytes from absolute index {@code from} up to {@code to}. In place when it is one run. */
        void pass(int from, int to);

        /** Passes other bytes; they are copied before this returns. */
        void insert(ByteBuffer bytes);
    }
}
