package dev.sluice.simulator;

import dev.sluice.simulator.events.EventOptions;
import dev.sluice.simulator.events.EventSockets;
import dev.sluice.simulator.events.EventStream;
import dev.sluice.simulator.events.KvEvent;
import java.io.IOException;
import java.util.List;

/** Publishes an engine's KV events, when it is to. */
final class KvPublisher implements AutoCloseable {
    private final EventStream stream;
    private final EventSockets.Open sockets;

    /**
     * Opens the sockets.
     *
     * @throws IOException when an address cannot be had
     */
    KvPublisher(EventOptions options) throws IOException {
        stream = new EventStream(options);
        sockets = EventSockets.find().open(options, stream);
    }

    void publish(List<KvEvent> events) {
        stream.batch(System.currentTimeMillis() / 1e3, events).ifPresent(sockets::send);
    }

    EventStream stream() {
        return stream;
    }

    /** The options with the ports that were taken. */
    EventOptions opened(EventOptions options) {
        return options.at(sockets.endpoint(), sockets.replayEndpoint());
    }

    @Override
    public void close() {
        sockets.close();
    }
}
