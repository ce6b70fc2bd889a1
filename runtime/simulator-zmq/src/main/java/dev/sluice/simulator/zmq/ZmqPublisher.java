package dev.sluice.simulator.zmq;

import dev.sluice.simulator.events.EventOptions;
import dev.sluice.simulator.events.EventSockets;
import dev.sluice.simulator.events.EventStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/**
 * One publisher: a thread that owns both sockets, because ZeroMQ's are not thread-safe, sends what is in its queue, and looks for
 * requests for replay between messages, as vLLM's does. A full queue drops messages without a word.
 */
final class ZmqPublisher implements EventSockets.Open {
    private static final int HWM = 100_000;
    private static final int LOOK_MILLIS = 10;
    /**
     * JeroMQ 0.6.0 leaves a few of a hundred connections hanging in their handshake (measured: 2 to 4 % on loopback), and would wait
     * 30 s before it tries again. Both ends should set this.
     */
    private static final int HANDSHAKE_MILLIS = 500;

    private final ZContext context = new ZContext();
    private final EventStream stream;
    private final BlockingQueue<List<byte[]>> queue = new LinkedBlockingQueue<>(HWM);
    private final String endpoint;
    private final String replayEndpoint;
    private final Thread thread;
    private volatile boolean closed;

    ZmqPublisher(EventOptions options, EventStream stream) throws IOException {
        this.stream = stream;
        context.setLinger(0);
        try {
            var events = context.createSocket(SocketType.PUB);
            events.setHWM(HWM);
            endpoint = attach(events, options.endpoint(), options.rank());
            var replay = options.replayEndpoint().isEmpty()
                    ? Optional.<ZMQ.Socket>empty()
                    : Optional.of(context.createSocket(SocketType.ROUTER));
            replayEndpoint = replay.isEmpty() ? "" : attach(replay.get(), options.replayEndpoint(), options.rank());
            thread = Thread.ofPlatform().name("kv-events").daemon().start(() -> run(events, replay));
        } catch (IOException e) {
            context.close();
            throw e;
        }
    }

    /** Binds when the address is a pattern, else connects, as vLLM does; the address with the port that it got. */
    private static String attach(ZMQ.Socket socket, String address, int rank) throws IOException {
        var colon = address.lastIndexOf(':');
        var tcp = address.startsWith("tcp://");
        var given = tcp ? Integer.parseInt(address.substring(colon + 1)) : 0;
        var wanted = !tcp ? address : address.substring(0, colon + 1) + (given == 0 ? "*" : "" + (given + rank));
        socket.setHandshakeIvl(HANDSHAKE_MILLIS);
        try {
            if (address.contains("*") || address.contains("::") || !tcp) {
                socket.bind(wanted);
            } else {
                socket.connect(wanted);
            }
        } catch (ZMQException e) {
            throw new IOException("KV events at " + wanted + ": " + e.getMessage(), e);
        }
        var last = socket.getLastEndpoint();
        return given == 0 && tcp && last != null
                ? address.substring(0, colon) + last.substring(last.lastIndexOf(':'))
                : address;
    }

    @Override
    public void send(List<byte[]> frames) {
        queue.offer(frames);
    }

    @Override
    public String endpoint() {
        return endpoint;
    }

    @Override
    public String replayEndpoint() {
        return replayEndpoint;
    }

    private void run(ZMQ.Socket events, Optional<ZMQ.Socket> replay) {
        try (context) {
            while (!closed) {
                var frames = queue.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                if (frames != null) {
                    sendAll(events, frames, false);
                }
                replay.ifPresent(this::answer);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void answer(ZMQ.Socket replay) {
        for (var asker = replay.recv(ZMQ.DONTWAIT); asker != null; asker = replay.recv(ZMQ.DONTWAIT)) {
            var question = new byte[0];
            var frames = 1;
            while (replay.hasReceiveMore()) {
                question = replay.recv();
                frames++;
            }
            // Identity, an empty frame, the first number wanted; anything else is nobody's question.
            if (frames == 3 && question != null && question.length == 8) {
                for (var message : stream.replay(ByteBuffer.wrap(question).getLong())) {
                    replay.send(asker, ZMQ.SNDMORE);
                    replay.send(new byte[0], ZMQ.SNDMORE);
                    sendAll(replay, message, true);
                }
            }
        }
    }

    private static void sendAll(ZMQ.Socket socket, List<byte[]> frames, boolean wait) {
        for (var i = 0; i < frames.size(); i++) {
            socket.send(frames.get(i), (i < frames.size() - 1 ? ZMQ.SNDMORE : 0) | (wait ? 0 : ZMQ.DONTWAIT));
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
