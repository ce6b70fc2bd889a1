package dev.sluice.simulator.zmq;

import dev.sluice.simulator.events.EventOptions;
import dev.sluice.simulator.events.EventSockets;
import dev.sluice.simulator.events.EventStream;
import java.io.IOException;

/** Opens PUB and ROUTER sockets as vLLM's publisher does. */
public final class ZmqSockets implements EventSockets {
    @Override
    public Open open(EventOptions options, EventStream stream) throws IOException {
        return new ZmqPublisher(options, stream);
    }
}
