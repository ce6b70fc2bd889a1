package dev.sluice.kvevents;

import dev.sluice.core.kv.KvEngine;
import dev.sluice.core.kv.KvEventSink;
import dev.sluice.core.kv.KvEventSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jctools.queues.MpscUnboundedArrayQueue;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/**
 * KV events of vLLM and SGLang over ZeroMQ: one SUB socket per engine, a DEALER socket where batches were missed.
 *
 * <p>One thread reads all sockets in turns; an engine that sends more than its share, sends what is not understood, or
 * whose news nobody takes, waits, and costs the others nothing. Decoding is bounded by what came, never by what bytes claim.
 * What ZeroMQ itself holds of one engine is bounded by messages of a bounded size.
 */
public final class ZmqKvEvents implements KvEventSource {
    private static final System.Logger LOG = System.getLogger("dev.sluice.kvevents");
    private static final int TICK_MS = 50;

    private final ZContext context = new ZContext(1);
    private final Limits limits;
    private final ReplaySlots slots;
    private final MpscUnboundedArrayQueue<Runnable> orders = new MpscUnboundedArrayQueue<>(256);
    private final Pipe wake;
    private final List<Link> links = new ArrayList<>();
    private final Thread thread;
    private volatile boolean closed;

    /** A reader with the limits that are right for engines. */
    public ZmqKvEvents() {
        this(Limits.DEFAULT);
    }

    ZmqKvEvents(Limits limits) {
        this.limits = limits;
        this.slots = new ReplaySlots(limits.replays());
        try {
            wake = Pipe.open();
            wake.source().configureBlocking(false);
            wake.sink().configureBlocking(false);
        } catch (IOException e) {
            throw new UncheckedIOException("no pipe", e);
        }
        thread = Thread.ofPlatform().daemon().name("sluice-kv-events").start(this::run);
    }

    @Override
    public Subscription subscribe(KvEngine engine, KvEventSink sink) {
        check(engine.events());
        engine.replay().ifPresent(ZmqKvEvents::check);
        Opened opened = new Opened();
        order(() -> opened.open(engine, sink));
        return opened;
    }

    private static void check(String address) {
        URI uri = URI.create(address);
        if (!"tcp".equals(uri.getScheme()) || uri.getHost() == null || uri.getPort() < 1 || uri.getPort() > 65535) {
            throw new IllegalArgumentException("expected tcp://HOST:PORT, is " + address);
        }
    }

    private void order(Runnable order) {
        orders.add(order);
        try {
            wake.sink().write(ByteBuffer.allocate(1));
        } catch (IOException closing) {
            LOG.log(System.Logger.Level.DEBUG, "nobody to wake", closing);
        }
    }

    private final class Opened implements Subscription {
        private volatile boolean ended;
        private List<Link> link = List.of();

        void open(KvEngine engine, KvEventSink sink) {
            if (!ended) {
                link = List.of(new Link(context, engine, sink, limits, slots, this::connected));
                links.addAll(link);
            }
        }

        /** From ZeroMQ's thread. */
        private void connected(Link which, boolean up) {
            order(() -> {
                if (links.contains(which)) {
                    which.connected(up, System.nanoTime());
                }
            });
        }

        @Override
        public void resync() {
            order(() -> link.forEach(one -> one.resync(System.nanoTime())));
        }

        @Override
        public void close() {
            ended = true;
            order(() -> {
                link.forEach(Link::close);
                links.removeAll(link);
                link = List.of();
            });
        }
    }

    private void run() {
        while (!closed) {
            try {
                turn();
            } catch (RuntimeException e) {
                if (!closed) {
                    LOG.log(System.Logger.Level.ERROR, "reading KV events failed, goes on", e);
                    pause();
                }
            }
        }
        links.forEach(Link::close);
        context.close();
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(TICK_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until something comes from an engine that may be read, carries out orders, and gives each link its turn. */
    private void turn() {
        long before = System.nanoTime();
        try (ZMQ.Poller poller = context.createPoller(2 * links.size() + 1)) {
            poller.register(wake.source(), ZMQ.Poller.POLLIN);
            for (Link link : links) {
                if (link.wants(before)) {
                    poller.register(link.events(), ZMQ.Poller.POLLIN);
                    link.replay().ifPresent(replay -> poller.register(replay, ZMQ.Poller.POLLIN));
                }
            }
            poller.poll(TICK_MS);
            if (poller.pollin(0)) {
                drain();
            }
        }
        for (Runnable order = orders.poll(); order != null; order = orders.poll()) {
            order.run();
        }
        long now = System.nanoTime();
        for (Link link : links) {
            link.tick(now);
            link.read(now);
        }
    }

    private void drain() {
        try {
            ByteBuffer bytes = ByteBuffer.allocate(64);
            while (wake.source().read(bytes.clear()) > 0) {
                bytes.clear();
            }
        } catch (IOException closing) {
            LOG.log(System.Logger.Level.DEBUG, "the pipe is closed", closing);
        }
    }

    @Override
    public void close() {
        closed = true;
        order(() -> {});
        try {
            thread.join();
            wake.sink().close();
            wake.source().close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
