package dev.sluice.kvevents;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** An engine's publisher on real sockets: PUB, and a ROUTER that repeats. */
final class FakePublisher implements AutoCloseable {
    private static final byte[] END = {-1, -1, -1, -1, -1, -1, -1, -1};
    private final ZContext context = new ZContext();
    private final ZMQ.Socket events;
    private final List<byte[]> kept = new ArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final boolean withTopic;
    private final int eventsPort;
    private final int replayPort;
    private volatile boolean closing;
    private int first;

    FakePublisher(boolean withTopic) {
        this(withTopic, 0, 0);
    }

    FakePublisher(boolean withTopic, int eventsPort, int replayPort) {
        this.withTopic = withTopic;
        events = context.createSocket(SocketType.XPUB);
        events.setLinger(0);
        this.eventsPort = bind(events, eventsPort);
        ZMQ.Socket router = context.createSocket(SocketType.ROUTER);
        router.setLinger(0);
        this.replayPort = bind(router, replayPort);
        Thread.ofPlatform().daemon().start(() -> answer(router));
    }

    private static int bind(ZMQ.Socket socket, int port) {
        if (port == 0) {
            return socket.bindToRandomPort("tcp://127.0.0.1");
        }
        socket.bind("tcp://127.0.0.1:" + port);
        return port;
    }

    int eventsPort() {
        return eventsPort;
    }

    int replayPort() {
        return replayPort;
    }

    String events() {
        return "tcp://127.0.0.1:" + eventsPort;
    }

    String replays() {
        return "tcp://127.0.0.1:" + replayPort;
    }

    /** Waits until a subscriber has come. */
    void awaitSubscriber() {
        byte[] subscription = events.recv();
        if (subscription == null || subscription.length != 1 || subscription[0] != 1) {
            throw new IllegalStateException("expected a subscription to everything: " + Arrays.toString(subscription));
        }
    }

    /** Publishes the next batch. */
    void publish(byte[] payload) {
        send(keep(payload), payload);
    }

    /** Makes a batch that nobody receives. */
    void lose(byte[] payload) {
        keep(payload);
    }

    private synchronized long keep(byte[] payload) {
        kept.add(payload);
        return first + kept.size() - 1L;
    }

    /** Forgets what it keeps for replays. */
    synchronized void forget(int count) {
        first += count;
        kept.subList(0, count).clear();
    }

    void send(long sequence, byte[] payload) {
        raw("kv@test@model".getBytes(java.nio.charset.StandardCharsets.US_ASCII), number(sequence), payload);
    }

    void raw(byte[]... frames) {
        for (int i = 0; i < frames.length; i++) {
            events.send(frames[i], i < frames.length - 1 ? ZMQ.SNDMORE : 0);
        }
    }

    private static byte[] number(long sequence) {
        byte[] number = new byte[8];
        for (int i = 0; i < 8; i++) {
            number[i] = (byte) (sequence >>> (56 - 8 * i));
        }
        return number;
    }

    private void answer(ZMQ.Socket router) {
        router.setReceiveTimeOut(20);
        while (!closing) {
            byte[] who = router.recv();
            if (who != null) {
                router.recv();
                repeat(router, who, Packed.big(router.recv(), 0));
            }
        }
        router.close();
        ended.countDown();
    }

    private void repeat(ZMQ.Socket router, byte[] who, long from) {
        List<byte[]> batches;
        long at;
        synchronized (this) {
            at = Math.max(from, first);
            batches = List.copyOf(kept.subList((int) Math.min(kept.size(), at - first), kept.size()));
        }
        for (byte[] payload : batches) {
            reply(router, who, number(at++), payload);
        }
        reply(router, who, END, new byte[0]);
    }

    private void reply(ZMQ.Socket router, byte[] who, byte[] number, byte[] payload) {
        router.sendMore(who);
        router.sendMore(new byte[0]);
        if (withTopic) {
            router.sendMore(Arrays.equals(number, END) ? "" : "kv@test@model");
        }
        router.sendMore(number);
        router.send(payload);
    }

    @Override
    public void close() {
        closing = true;
        try {
            if (!ended.await(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the router does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        context.close();
    }
}
