package dev.sluice.kvevents;

import dev.sluice.core.kv.KvEngine;
import dev.sluice.core.kv.KvEventSink;
import dev.sluice.core.kv.KvEventSink.Oddity;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** The sockets of one engine, and the feed that makes news of what they receive. Belongs to the reader's thread. */
final class Link implements Feed.Replays {
    /** Messages that are read of one engine before the others have their turn. */
    private static final int TURN = 64;

    private static final int RECONNECT_MS = 200;
    private static final int RECONNECT_MAX_MS = 5000;
    private static final int HEARTBEAT_MS = 5000;
    /** JeroMQ 0.6.0 leaves a few of a hundred connections hanging in their handshake, and would wait 30 s for them. */
    private static final int HANDSHAKE_MS = 500;

    private static final byte[] DELIMITER = {};

    private final ZContext context;
    private final KvEngine engine;
    private final Limits limits;
    private final KvEventSink sink;
    private final ReplaySlots slots;
    private final Feed feed;
    private final Allowance allowance;
    private final ZMQ.Socket events;
    private ZMQ.@Nullable Socket replay;

    Link(
            ZContext context,
            KvEngine engine,
            KvEventSink sink,
            Limits limits,
            ReplaySlots slots,
            BiConsumer<Link, Boolean> connected) {
        this.context = context;
        this.engine = engine;
        this.limits = limits;
        this.sink = sink;
        this.slots = slots;
        long now = System.nanoTime();
        this.feed = new Feed(engine, sink, this, limits, now);
        this.allowance = new Allowance(limits.bytesPerSecond(), now);
        this.events = socket(SocketType.SUB);
        events.setRcvHWM(1000);
        events.setEventHook(
                event -> connected.accept(this, event.getEvent() == org.zeromq.ZMonitor.Event.CONNECTED),
                ZMQ.EVENT_CONNECTED | ZMQ.EVENT_DISCONNECTED);
        events.subscribe(ZMQ.SUBSCRIPTION_ALL);
        events.connect(engine.events());
    }

    private ZMQ.Socket socket(SocketType type) {
        ZMQ.Socket socket = context.createSocket(type);
        socket.setLinger(0);
        socket.setIPv6(engine.events().contains("["));
        socket.setMaxMsgSize(limits.messageBytes());
        socket.setReconnectIVL(RECONNECT_MS);
        socket.setReconnectIVLMax(RECONNECT_MAX_MS);
        socket.setHeartbeatIvl(HEARTBEAT_MS);
        socket.setHeartbeatTimeout(3 * HEARTBEAT_MS);
        socket.setHandshakeIvl(HANDSHAKE_MS);
        return socket;
    }

    ZMQ.Socket events() {
        return events;
    }

    Optional<ZMQ.Socket> replay() {
        return Optional.ofNullable(replay);
    }

    /** True when something may be read now. */
    boolean wants(long now) {
        return !feed.waits() && allowance.any(now);
    }

    void connected(boolean up, long now) {
        if (up) {
            feed.connected(now);
        } else {
            feed.disconnected();
        }
    }

    void resync(long now) {
        feed.resync(now);
    }

    void tick(long now) {
        feed.tick(now);
    }

    /** Reads what has come, as much as one turn allows. */
    void read(long now) {
        ZMQ.Socket answers = replay;
        for (int i = 0; answers != null && i < TURN && wants(now); i++) {
            Message message = Message.receive(answers);
            if (message == null) {
                break;
            }
            allowance.spend(message.bytes());
            replayed(message, now);
            answers = replay;
        }
        for (int i = 0; i < TURN && wants(now); i++) {
            Message message = Message.receive(events);
            if (message == null) {
                break;
            }
            allowance.spend(message.bytes());
            published(message, now);
        }
    }

    private void published(Message message, long now) {
        if (message.count() == 3 && message.frame(1).length == 8) {
            feed.live(Packed.big(message.frame(1), 0), message.frame(2), now);
        } else {
            sink.count(Oddity.MALFORMED, 1);
        }
    }

    /** Behind the delimiter stand a number and a payload, since 2026 with the topic before them; the end is number -1. */
    private void replayed(Message message, long now) {
        int parts = message.count();
        if (parts < 3 || parts > 4 || message.frame(0).length != 0 || message.frame(parts - 2).length != 8) {
            sink.count(Oddity.MALFORMED, 1);
            return;
        }
        long sequence = Packed.big(message.frame(parts - 2), 0);
        if (sequence == -1) {
            feed.replayEnded(now);
        } else {
            feed.replayed(sequence, message.frame(parts - 1), now);
        }
    }

    @Override
    public boolean ask(long from) {
        done();
        if (!slots.take(this)) {
            return false;
        }
        ZMQ.Socket socket = socket(SocketType.DEALER);
        // One request at a time is out, so nothing that was meant for an earlier one can be taken for an answer to this
        // one.
        socket.setSndHWM(1);
        socket.connect(engine.replay().orElseThrow());
        replay = socket;
        byte[] number = new byte[8];
        for (int i = 0; i < 8; i++) {
            number[i] = (byte) (from >>> (56 - 8 * i));
        }
        return socket.send(DELIMITER, ZMQ.SNDMORE | ZMQ.DONTWAIT) && socket.send(number, ZMQ.DONTWAIT);
    }

    @Override
    public void done() {
        slots.give(this);
        ZMQ.Socket old = replay;
        if (old != null) {
            replay = null;
            old.close();
        }
    }

    void close() {
        done();
        events.close();
    }

    @Override
    public String toString() {
        return engine.name() + " at " + engine.events();
    }
}
