package dev.sluice.simulator.events;

import java.io.IOException;
import java.util.List;
import java.util.ServiceLoader;

/** What can open a publisher's sockets. Found by {@link ServiceLoader}, so that this module needs no ZeroMQ. */
public interface EventSockets {
    /** Open sockets of one publisher. */
    interface Open extends AutoCloseable {
        /** Sends the frames of a message. Does not wait. */
        void send(List<byte[]> frames);

        /** Where it publishes, with the port that it took. */
        String endpoint();

        /** Where it replays, with the port that it took; empty for nowhere. */
        String replayEndpoint();

        /** Returns when nothing listens any more. */
        @Override
        void close();
    }

    /**
     * Opens the sockets.
     *
     * @param stream answers requests for replay
     * @throws IOException when an address cannot be had
     */
    Open open(EventOptions options, EventStream stream) throws IOException;

    /**
     * The one there is.
     *
     * @throws IllegalArgumentException when there is none
     */
    static EventSockets find() {
        return ServiceLoader.load(EventSockets.class)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "KV events need the module sluice-simulator-zmq, which is not here"));
    }
}
