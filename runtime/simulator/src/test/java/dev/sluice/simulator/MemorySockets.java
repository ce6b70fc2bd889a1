package dev.sluice.simulator;

import dev.sluice.simulator.events.EventOptions;
import dev.sluice.simulator.events.EventSockets;
import dev.sluice.simulator.events.EventStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;

/** Sockets that lead to a queue in memory; the topic is its name. */
public final class MemorySockets implements EventSockets {
    private static final Map<String, BlockingQueue<List<byte[]>>> QUEUES = new ConcurrentHashMap<>();

    static BlockingQueue<List<byte[]>> queue(String topic) {
        return QUEUES.computeIfAbsent(topic, k -> new LinkedBlockingQueue<>());
    }

    @Override
    public Open open(EventOptions options, EventStream stream) {
        var queue = queue(options.topic());
        return new Open() {
            @Override
            public void send(List<byte[]> frames) {
                queue.add(frames);
            }

            @Override
            public String endpoint() {
                return options.endpoint();
            }

            @Override
            public String replayEndpoint() {
                return options.replayEndpoint();
            }

            @Override
            public void close() {}
        };
    }
}
