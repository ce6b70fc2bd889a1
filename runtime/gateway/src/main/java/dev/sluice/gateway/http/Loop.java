package dev.sluice.gateway.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jctools.queues.MpscUnboundedArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * One platform thread with one selector that does everything which merely waits, and mounts the virtual threads of the
 * connections that it looks after ({@link Mounts}). There is one per processor; a connection stays with its loop, and finds
 * its engines' connections there too. What runs on the loop's thread itself (relays, what is told of a wire, limits) must
 * never wait for a lock: see {@link #mayWait}.
 *
 * <p>Why not leave waiting to the JDK's virtual-thread poller? A blocked read costs there an epoll registration each time;
 * here a channel stays registered for its life, the loop itself reads into the parked thread's buffer and wakes it with
 * the bytes in place. The same registration notices, for nothing, that a client leaves while its request waits, and that
 * an idle upstream connection has gone stale; the same loop compares time limits every {@value #TICK_MILLIS} ms, so no
 * timer is armed per read. Measurements: docs/performance.md.
 */
public final class Loop implements AutoCloseable, Executor {
    /** How exact time limits are. */
    static final int TICK_MILLIS = 25;

    private static final long TICK = TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS);

    /** At so many wires it looks in one go; of more, at a part at a time. */
    private static final int STRETCH = 512;

    /** Threads that go on before sockets are looked at again. */
    private static final int BATCH = 64;

    private static final ThreadLocal<@Nullable Loop> HERE = new ThreadLocal<>();

    private static final System.Logger LOG = System.getLogger(Loop.class.getName());

    private final Selector selector;
    private final Thread thread;
    private final ConcurrentLinkedQueue<Wire> joining = new ConcurrentLinkedQueue<>();
    private final ArrayList<Wire> wires = new ArrayList<>();
    /** The wire that was looked at last. */
    private int cursor;
    /** When that was. */
    private long looked = System.nanoTime();

    private final Consumer<SelectionKey> ready = this::ready;
    private final MpscUnboundedArrayQueue<Runnable> tasks = new MpscUnboundedArrayQueue<>(1024);
    private final Optional<Thread.Builder.OfVirtual> mounts = Mounts.on(this);
    /** Threads of this loop that pause. */
    private final ArrayList<Rest> resting = new ArrayList<>();

    private record Rest(Thread thread, long until) {}

    /** All loops that were started together; each knows all. */
    private List<Loop> group = List.of(this);

    private final AtomicInteger turn = new AtomicInteger();
    /** True from before the last look for tasks until something is ready: only then anybody has to be woken. */
    private volatile boolean asleep;

    private volatile boolean stopped;
    private volatile boolean finished;
    private volatile int open;

    private Loop(String name) {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = new LoopThread(name);
    }

    /** Starts a loop. */
    public static Loop start(String name) {
        Loop loop = new Loop(name);
        loop.thread.start();
        return loop;
    }

    /** Starts loops that share the connections; closing the one that is returned closes all. */
    public static Loop start(String name, int count) {
        List<Loop> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(new Loop(name + "-" + i));
        }
        List<Loop> group = List.copyOf(all);
        for (Loop loop : group) {
            loop.group = group;
            loop.thread.start();
        }
        return group.getFirst();
    }

    /** One of those that were started together, each in its turn. */
    public Loop any() {
        return group.size() == 1 ? this : group.get(Math.floorMod(turn.getAndIncrement(), group.size()));
    }

    /** The one that mounts the current thread, if it is of these; else any. */
    Loop near() {
        if (group.size() == 1) {
            return this;
        }
        Loop here = HERE.get();
        return here != null && group.contains(here) ? here : any();
    }

    /** Whether {@link #mount} works. */
    public boolean mounts() {
        return mounts.isPresent();
    }

    /** Starts a virtual thread that runs on this loop's own thread; empty when this JVM does not allow that. */
    public Optional<Thread> mount(String name, Runnable logic) {
        return mounts.map(builder -> builder.name(name).start(() -> {
            HERE.set(this);
            logic.run();
        }));
    }

    /**
     * One of the threads that this loop mounts waits at most so long, to the next tick of {@value #TICK_MILLIS} ms, or until it
     * is unparked. In contrast to {@link LockSupport#parkNanos} no timer is armed, and no other thread wakes for it.
     */
    public void pause(long nanos) {
        Rest rest = new Rest(Thread.currentThread(), System.nanoTime() + nanos);
        synchronized (resting) {
            resting.add(rest);
        }
        LockSupport.park(this);
        synchronized (resting) {
            resting.remove(rest);
        }
    }

    private void endRests(long now) {
        synchronized (resting) {
            for (int i = resting.size() - 1; i >= 0; i--) {
                if (resting.get(i).until() - now <= 0) {
                    LockSupport.unpark(resting.remove(i).thread());
                }
            }
        }
    }

    private boolean idle() {
        synchronized (resting) {
            return resting.isEmpty() && wires.isEmpty() && joining.isEmpty();
        }
    }

    /** The thread of a loop. */
    private final class LoopThread extends Thread {
        LoopThread(String name) {
            super(name);
            setDaemon(true);
        }

        @Override
        public void run() {
            Loop.this.run();
        }

        Loop loop() {
            return Loop.this;
        }
    }

    /**
     * Runs it at once, unless this is a loop's own thread: then on a virtual thread of that loop.
     *
     * <p>A loop's own thread must never wait for a lock. The lock may be free and yet promised to a virtual thread that is
     * ahead of it in the queue and that only this loop could run: both would wait for ever, and every connection of the
     * loop with them. A virtual thread that waits leaves the loop to the others.
     */
    static void mayWait(Runnable action) {
        if (Thread.currentThread() instanceof LoopThread here) {
            here.loop().mounts.orElseGet(Thread::ofVirtual).start(action);
        } else {
            action.run();
        }
    }

    /** True when other threads wait to go on here. */
    boolean crowded() {
        return !tasks.isEmpty();
    }

    /** Runs it on the loop's thread, soon; elsewhere when that has ended. */
    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (finished) {
            handOver();
        } else {
            wake();
        }
    }

    /** Lets those who were waiting for wires find them closed. */
    private void finish() {
        while (work()) {
            Thread.onSpinWait();
        }
        finished = true;
        handOver();
    }

    private void handOver() {
        synchronized (tasks) {
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                ForkJoinPool.commonPool().execute(task);
            }
        }
    }

    /** Wires that the loops look after. */
    public int open() {
        int sum = 0;
        for (Loop loop : group) {
            sum += loop.open;
        }
        return sum;
    }

    long threadId() {
        return thread.threadId();
    }

    Selector selector() {
        return selector;
    }

    boolean inside() {
        return Thread.currentThread().equals(thread);
    }

    /** Time limits of this wire are kept from now on. */
    void join(Wire wire) {
        joining.add(wire);
        wake();
    }

    void wake() {
        if (asleep && !inside()) {
            selector.wakeup();
        }
    }

    private void run() {
        long last = System.nanoTime();
        while (!stopped) {
            try {
                if (work()) {
                    selector.selectNow(ready);
                } else {
                    sleep();
                }
                long now = System.nanoTime();
                look(now);
                if (now - last >= TICK || wires.isEmpty()) {
                    last = now;
                    open = wires.size();
                    endRests(now);
                }
            } catch (ClosedSelectorException e) {
                break;
            } catch (IOException | RuntimeException | Error e) {
                LOG.log(System.Logger.Level.ERROR, "the loop goes on after", e); // without it nothing would
            }
        }
        for (Wire wire : wires) {
            wire.close();
        }
        finish();
        try {
            selector.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "closing the selector", e);
        }
    }

    /** Lets threads go on; true when some still wait. */
    private boolean work() {
        for (int i = 0; i < BATCH; i++) {
            Runnable task = tasks.relaxedPoll();
            if (task == null) {
                return !tasks.isEmpty();
            }
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.ERROR, "a thread of the loop failed", e);
            }
        }
        return true;
    }

    /** Waits for input, the next tick, or somebody who wakes it. */
    private void sleep() throws IOException {
        asleep = true; // before the last look: whoever adds something after it wakes the selector
        try {
            if (tasks.isEmpty()) {
                selector.select(ready, idle() ? 0 : rest());
            }
        } finally {
            asleep = false;
        }
    }

    private void ready(SelectionKey key) {
        if (asleep) {
            asleep = false;
        }
        ChannelWire wire = (ChannelWire) key.attachment();
        try {
            wire.ready(key);
        } catch (RuntimeException | Error e) {
            if (!wire.closed()) {
                LOG.log(System.Logger.Level.WARNING, "connection closed after", e);
            }
            wire.close();
        }
    }

    /** How long it may sleep, in ms: less with many wires, so that it does not find all that is over at once. */
    private int rest() {
        return Math.max(1, TICK_MILLIS * STRETCH / Math.max(STRETCH, wires.size()));
    }

    /**
     * Looks at time limits, at each wire's once in a tick. It goes through them as time goes on, because thousands that were opened together
     * are over together: whoever asks for something just then would wait until all of them have been looked at, refused and closed.
     */
    private void look(long now) {
        for (Wire w = joining.poll(); w != null; w = joining.poll()) {
            wires.add(w);
        }
        long due = wires.size() <= STRETCH
                ? now - looked < TICK ? 0 : wires.size()
                : Math.min(wires.size(), (now - looked) * wires.size() / TICK);
        if (due > 0 || wires.isEmpty()) {
            looked = now;
        }
        for (; due > 0; due--) {
            cursor = cursor > 0 && cursor <= wires.size() ? cursor - 1 : wires.size() - 1;
            if (!look(wires.get(cursor), now)) {
                int end = wires.size() - 1;
                wires.set(cursor, wires.get(end));
                wires.remove(end);
            }
        }
    }

    private static boolean look(Wire wire, long now) {
        try {
            return wire.tick(now);
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, "connection closed after", e);
            wire.close();
            return false;
        }
    }

    /** Stops the threads and closes all wires. */
    @Override
    public void close() {
        for (Loop loop : group) {
            loop.stop();
        }
    }

    private void stop() {
        stopped = true;
        selector.wakeup();
        if (inside()) {
            return;
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
