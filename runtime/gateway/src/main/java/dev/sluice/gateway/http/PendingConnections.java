package dev.sluice.gateway.http;

import io.helidon.common.task.HelidonTaskExecutor;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ListenerContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a listener of Helidon's and the threads that it starts for its connections: a connection gets its thread with its first
 * whole head, and that is one of the loop that has read it. Thousands that send none, or one byte by byte, then cost a small object and a
 * file each, and no thread comes or goes for them; what that spares the others is in docs/performance.md.
 *
 * <p>Helidon has no public way to say where its connections run, so two private fields are used: the executor is replaced, and the permit
 * of a connection that was never served is given back. Where that is not possible, or the fields are called otherwise in another Helidon,
 * there is no harm but the memory. {@code PendingConnectionsTest} holds it.
 */
final class PendingConnections implements HelidonTaskExecutor {
    private static final System.Logger LOG = System.getLogger(PendingConnections.class.getName());

    private final HotConnections owner;
    private final Loop loop;
    private final CapturedChannels channels;
    private final HelidonTaskExecutor threads;
    private final Semaphore permits;
    private final Set<PendingConnection> pending = ConcurrentHashMap.newKeySet();
    /** Those that have a thread. */
    private final Set<PendingConnection> serving = ConcurrentHashMap.newKeySet();
    /** By the thread that is to serve it and has not asked for it yet. */
    private final ConcurrentHashMap<Thread, PendingConnection> coming = new ConcurrentHashMap<>();

    private volatile boolean ended;

    private PendingConnections(
            HotConnections owner,
            Loop loop,
            CapturedChannels channels,
            HelidonTaskExecutor threads,
            Semaphore permits) {
        this.owner = owner;
        this.loop = loop;
        this.channels = channels;
        this.threads = threads;
        this.permits = permits;
    }

    /** Puts one into a listener. Where that can't be done, each connection has its thread from the beginning. */
    static void install(HotConnections owner, Loop loop, CapturedChannels channels, ListenerContext listener) {
        if (!loop.mounts()) {
            return;
        }
        try {
            Field executor = field(listener, "readerExecutor");
            Field permits = field(listener, "connectionSemaphore");
            PendingConnections made = new PendingConnections(
                    owner, loop, channels, (HelidonTaskExecutor) executor.get(listener), (Semaphore)
                            permits.get(listener));
            owner.pending(made); // before the first can come
            executor.set(listener, made);
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "connections have threads before they have requests", e);
        }
    }

    private static Field field(Object of, String name) throws NoSuchFieldException {
        Field field = of.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    HotConnections owner() {
        return owner;
    }

    /** How many there are. */
    int size() {
        return pending.size();
    }

    /** See {@link HotConnections#closeIdle}. */
    boolean closeIdle(long linger) {
        boolean some = false;
        for (PendingConnection c : pending) {
            some |= c.closeIdle(linger);
        }
        return some;
    }

    /** By Helidon, on the thread that has just accepted a connection. */
    @Override
    public <T> Future<T> execute(InterruptableTask<T> task) {
        SocketChannel channel = channels.newest();
        if (channel == null || ended) {
            return threads.execute(task);
        }
        PendingConnection c;
        try {
            channels.take(channel.getRemoteAddress());
            c = new PendingConnection(this, new ChannelWire(loop.any(), channel), task);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Helidon closes it
        }
        pending.add(c);
        if (ended) { // whoever ends it may not have seen this one
            c.close();
        } else {
            c.begin();
        }
        return new CompletableFuture<>(); // which Helidon throws away
    }

    /** Starts the thread of one whose head is there: its loop's own, which has just read it. */
    void comeIn(PendingConnection c) {
        serving.add(c);
        if (ended || c.wire().loop().mount("client", c).isEmpty()) {
            served(c);
            c.leave();
        }
    }

    /** Its thread has ended. */
    void served(PendingConnection c) {
        serving.remove(c);
        if (ended) {
            synchronized (serving) {
                serving.notifyAll();
            }
        }
    }

    /** The current thread is about to serve this one. */
    void serving(PendingConnection c) {
        coming.put(Thread.currentThread(), c);
    }

    /** The one that the current thread is to serve; null when it has asked before, or is Helidon's. */
    @Nullable
    PendingConnection take() {
        return coming.remove(Thread.currentThread());
    }

    /** It counts as open now. */
    void opened(PendingConnection c) {
        pending.remove(c);
    }

    /** It has ended without a thread. */
    void left(PendingConnection c) {
        pending.remove(c);
        permits.release();
    }

    @Override
    public boolean isTerminated() {
        return threads.isTerminated() && serving.isEmpty();
    }

    @Override
    public boolean terminate(long timeout, TimeUnit unit) {
        long end = System.nanoTime() + unit.toNanos(timeout);
        end();
        boolean others = threads.terminate(timeout, unit);
        return awaitServed(end) && others;
    }

    private boolean awaitServed(long end) {
        try {
            synchronized (serving) {
                long left = end - System.nanoTime();
                while (!serving.isEmpty() && left > 0) {
                    TimeUnit.NANOSECONDS.timedWait(serving, left);
                    left = end - System.nanoTime();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return serving.isEmpty();
    }

    @Override
    public void forceTerminate() {
        end();
        serving.forEach(PendingConnection::interrupt);
        threads.forceTerminate();
    }

    @Override
    public void close() throws IOException {
        end();
        threads.close();
    }

    private void end() {
        ended = true;
        pending.forEach(PendingConnection::close);
    }
}
