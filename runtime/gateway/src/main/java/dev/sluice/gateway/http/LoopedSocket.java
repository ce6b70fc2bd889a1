package dev.sluice.gateway.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A connection on a {@link Loop}: its threads run on the loop's own thread, so that whoever is told of bytes need not be woken
 * on another core; and what they write while others of them wait to run goes out together.
 *
 * <p>Bytes are written by one thread of the socket's own, in the order in which they were given. Whoever gives more than the
 * other side takes waits. A write that fails closes the socket, and is told to whoever writes next.
 */
public final class LoopedSocket implements DataWriter {
    private static final long STALL = Duration.ofSeconds(30).toNanos();
    /** Bytes that may wait to be written. */
    private static final int MOST = 4 << 20;
    /** Buffers of one system call. */
    private static final int GATHERED = 64;

    private final Loop loop;
    private final ChannelWire wire;
    private final ExecutorService threads = new Threads();

    private volatile @Nullable Thread writing;
    private final ReentrantLock lock = new ReentrantLock();
    // All below: guarded by the lock.
    private final ArrayDeque<byte[]> queue = new ArrayDeque<>();
    private final List<Thread> crowd = new ArrayList<>();
    private long waiting;
    private boolean resting;
    private boolean ending;
    private @Nullable IOException failure;

    LoopedSocket(Loop loop, ChannelWire wire) {
        this.loop = loop;
        this.wire = wire;
    }

    /** What a connection does. */
    @FunctionalInterface
    public interface Life {
        /** From its first byte to its last. */
        void live() throws InterruptedException;
    }

    /**
     * Lives on the loop, and returns when that is over and what was written has gone out.
     *
     * @throws InterruptedException when the caller is interrupted: the socket is closed
     */
    public void run(String name, Life life) throws InterruptedException {
        Throwable[] thrown = new Throwable[1];
        CountDownLatch done = new CountDownLatch(1);
        Thread writer = mount(name + "-writes", this::writes);
        mount(name, () -> {
            try {
                life.live();
            } catch (InterruptedException | RuntimeException | Error e) {
                thrown[0] = e;
            } finally {
                end(writer);
                done.countDown();
            }
        });
        try {
            done.await();
        } catch (InterruptedException stopped) {
            wire.close();
            throw stopped;
        }
        switch (thrown[0]) {
            case InterruptedException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case null, default -> {}
        }
    }

    private Thread mount(String name, Runnable logic) {
        return loop.mount(name, logic).orElseThrow(() -> new IllegalStateException("threads can't be mounted"));
    }

    /** Whatever is started here runs on the loop, each on a virtual thread of its own. */
    public ExecutorService threads() {
        return threads;
    }

    /**
     * What has come, as soon as anything has; by one thread.
     *
     * @return null at the end
     * @throws UncheckedIOException when the connection is lost or was closed
     */
    public byte @Nullable [] read() {
        try {
            Lease lease = wire.readFresh(Lease.SMALL, Wire.FOREVER);
            if (lease == null) {
                return null;
            }
            byte[] bytes = new byte[lease.bytes.position()];
            lease.bytes.get(0, bytes);
            lease.release();
            return bytes;
        } catch (IOException lost) {
            throw new UncheckedIOException(lost);
        }
    }

    @Override
    public void write(BufferData... buffers) {
        for (BufferData buffer : buffers) {
            write(buffer);
        }
    }

    @Override
    public void writeNow(BufferData... buffers) {
        write(buffers);
    }

    @Override
    public void writeNow(BufferData buffer) {
        write(buffer);
    }

    @Override
    public void write(BufferData buffer) {
        byte[] bytes = buffer.readBytes();
        Thread me = Thread.currentThread();
        boolean room;
        do {
            Thread writer = null;
            lock.lock();
            try {
                if (failure != null) {
                    throw new UncheckedIOException(failure);
                }
                room = waiting < MOST;
                if (room) {
                    queue.add(bytes);
                    waiting += bytes.length;
                    writer = resting ? writing : null;
                    resting = false;
                } else {
                    crowd.add(me);
                }
            } finally {
                lock.unlock();
            }
            if (writer != null) {
                LockSupport.unpark(writer);
            } else if (!room) {
                LockSupport.park(this);
            }
            if (!room && me.isInterrupted()) {
                throw new UncheckedIOException(new InterruptedIOException("interrupted while writing"));
            }
        } while (!room);
    }

    /** The writer's life. */
    private void writes() {
        writing = Thread.currentThread();
        ByteBuffer[] gathered = new ByteBuffer[GATHERED];
        int count = take(gathered, 0);
        while (count > 0) {
            long written = 0;
            for (int i = 0; i < count; i++) {
                written += gathered[i].remaining();
            }
            try {
                wire.write(gathered, count, STALL);
            } catch (IOException lost) {
                failed(lost);
                return;
            }
            count = take(gathered, written);
        }
    }

    /** Takes what waits, and waits for it; 0 when nothing more will come. */
    private int take(ByteBuffer[] into, long written) {
        List<Thread> go = List.of();
        int count = 0;
        boolean first = true;
        while (true) {
            lock.lock();
            try {
                if (first) {
                    waiting -= written;
                    if (waiting < MOST && !crowd.isEmpty()) {
                        go = List.copyOf(crowd);
                        crowd.clear();
                    }
                    first = false;
                }
                while (count < into.length && !queue.isEmpty()) {
                    into[count++] = ByteBuffer.wrap(queue.poll());
                }
                resting = count == 0 && !ending;
                if (!resting) {
                    return count;
                }
            } finally {
                lock.unlock();
                go.forEach(LockSupport::unpark);
                go = List.of();
            }
            LockSupport.park(this);
        }
    }

    private void failed(IOException lost) {
        List<Thread> go;
        lock.lock();
        try {
            failure = lost;
            queue.clear();
            go = List.copyOf(crowd);
            crowd.clear();
        } finally {
            lock.unlock();
        }
        wire.close();
        go.forEach(LockSupport::unpark);
    }

    /** Lets the writer finish, and gives everything back. */
    private void end(Thread writer) {
        lock.lock();
        try {
            ending = true;
        } finally {
            lock.unlock();
        }
        LockSupport.unpark(writer);
        try {
            writer.join(Duration.ofNanos(STALL));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        failed(new IOException("closed"));
        wire.dispose();
    }

    /** Starts threads and knows no end: the loop has one. */
    private final class Threads extends AbstractExecutorService {
        @Override
        public void execute(Runnable logic) {
            mount("looped", logic);
        }

        @Override
        public void shutdown() {}

        @Override
        public List<Runnable> shutdownNow() {
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return false;
        }
    }
}
