package dev.sluice.gateway.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A non-blocking channel that stays registered with one {@link Loop}.
 *
 * <p>{@code state} says who may read the channel. IDLE: its owner thread. READING: the owner is parked, the loop reads for
 * it. WATCHING: the loop reads what comes early. PUMPING: the owner is parked and a {@link Pump} runs on the loop; PAUSED:
 * the same, and it waits for something else than input. Whoever wants to act on any of these takes the wire with a
 * compare-and-set to BUSY first, so the loop, a closer and an interrupted reader never meet. DONE: the parked owner has
 * its result.
 *
 * <p>{@code armed} says whether the selector looks for input. It is level-triggered, so input that nobody wants yet would
 * make it spin: the loop then disarms, and the owner reads directly next time. The order of writes decides: the owner
 * writes state, then reads armed; the loop writes armed, then reads state; so one of the two always sees the other.
 */
final class ChannelWire extends Wire {
    private static final int IDLE = 0;
    private static final int READING = 1;
    private static final int WATCHING = 2;
    private static final int BUSY = 3;
    private static final int DONE = 4;
    private static final int PUMPING = 5;
    private static final int PAUSED = 6;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(ChannelWire.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Loop loop;
    private final SocketChannel channel;
    private final SelectionKey key;
    private volatile int state;
    private volatile boolean armed;
    private volatile boolean closed;

    // The owner's read; written before READING, by the loop only while BUSY.
    private @Nullable ByteBuffer target;
    private @Nullable Lease fresh;
    private int size;
    private int wanted;
    private boolean wantsLine;
    private int got;
    private long idle;
    private long hard;
    private volatile long deadline;
    private @Nullable IOException failure;
    private @Nullable Thread reader;

    // The watch; written before WATCHING, by the loop only while BUSY.
    private @Nullable Watcher watcher;
    private @Nullable Lease early;
    private int earlyTaken;
    private boolean full;
    private boolean ended;

    private @Nullable Pump pump;
    private boolean gathered;

    // A write, or a connect, that waits; the callback only on the loop's thread.
    private @Nullable Writable writable;
    private volatile @Nullable Thread writer;
    private volatile long writeDeadline;
    private volatile boolean writeTimedOut;

    /** What the loop does with input in place of the owner. */
    interface Pump {
        /** Called again when there is more input. */
        int GO_ON = 0;
        /** Not called again before {@link #resume}. */
        int PAUSE = 1;
        /** The owner goes on. */
        int ENOUGH = 2;

        /** Input is there, or the end of it; must not block. */
        int readable() throws IOException;
    }

    /** Told once, on the loop's thread, that a write can go on, or that its time is over. */
    interface Writable {
        void writable(boolean expired);
    }

    /** Takes the channel over: it becomes non-blocking and belongs to the loop. */
    ChannelWire(Loop loop, SocketChannel channel) throws IOException {
        this.loop = loop;
        this.channel = channel;
        channel.configureBlocking(false);
        // Whoever connected has mostly sent something: the first read looks before it waits.
        this.key = channel.register(loop.selector(), 0, this);
        loop.join(this);
    }

    Loop loop() {
        return loop;
    }

    /** Finishes a connect that was begun. */
    void connected(long limit) throws IOException {
        long end = in(limit);
        while (!channel.finishConnect()) {
            await(SelectionKey.OP_CONNECT, end);
        }
        armed = true;
        key.interestOps(SelectionKey.OP_READ);
        loop.wake();
    }

    @Override
    int read(ByteBuffer into, int atLeast, long idle, long deadline) throws IOException {
        return read(into, atLeast, false, idle, deadline);
    }

    @Override
    int readLine(ByteBuffer into, long deadline) throws IOException {
        return read(into, 1, true, FOREVER, deadline);
    }

    private int read(ByteBuffer into, int atLeast, boolean line, long idle, long deadline) throws IOException {
        int n = takeEarly(into);
        if (n >= atLeast || ended) {
            return n;
        }
        // The loop looks at limits only while somebody waits: a peer that drips would always be between two waits.
        if (over(deadline, System.nanoTime())) {
            throw new TimedOut();
        }
        if (!armed) {
            letOthersRun();
            int k;
            while (n < atLeast && (k = pull(into)) != 0) {
                if (k < 0) {
                    ended = true;
                    return n;
                }
                n += k;
            }
            if (n >= atLeast) {
                return n;
            }
        }
        target = into;
        got = n;
        wanted = atLeast;
        wantsLine = line;
        park(READING, idle, deadline);
        return got;
    }

    @Override
    @Nullable
    Lease readFresh(int size, long idle) throws IOException {
        if (early != null) {
            Lease lease = Lease.of(Math.max(size, early.bytes.position()));
            takeEarly(lease.bytes);
            return lease;
        }
        if (ended) {
            return null;
        }
        if (!armed) {
            letOthersRun();
            Lease lease = pullFresh(size);
            if (lease != null || ended) {
                return lease;
            }
        }
        target = null;
        fresh = null;
        this.size = size;
        got = 0;
        wanted = 1;
        wantsLine = false;
        park(READING, idle, in(FOREVER));
        Lease lease = fresh;
        fresh = null;
        return lease;
    }

    /**
     * On a busy machine the bytes have arrived by the time the others have run: one read, no parking. Nothing depends on
     * it.
     */
    @SuppressWarnings("ThreadPriorityCheck")
    private static void letOthersRun() {
        Thread.yield();
    }

    int pull(ByteBuffer into) throws IOException {
        try {
            return channel.read(into);
        } catch (IOException e) {
            throw closed ? new Closed() : e;
        }
    }

    /** What has come already, in a buffer of its own; null when that is nothing, or the end. */
    private @Nullable Lease pullFresh(int size) throws IOException {
        Lease lease = Lease.of(size);
        int n = 0;
        try {
            n = pull(lease.bytes);
        } finally {
            if (n <= 0) {
                lease.release();
            }
        }
        ended = n < 0;
        return n > 0 ? lease : null;
    }

    private int takeEarly(ByteBuffer into) {
        Lease e = early;
        if (e == null) {
            return 0;
        }
        ByteBuffer from = e.bytes;
        int n = Math.min(from.position() - earlyTaken, into.remaining());
        into.put(into.position(), from, earlyTaken, n);
        into.position(into.position() + n);
        earlyTaken += n;
        if (earlyTaken == from.position()) {
            early = null;
            full = false;
            e.release();
        }
        return n;
    }

    /** Lets the loop run the pump until it has enough; the owner waits. */
    void pump(Pump pump, long idle) throws IOException {
        this.pump = pump;
        park(PUMPING, idle, in(FOREVER));
    }

    /** Parks the owner until the loop has what it wants. */
    private void park(int how, long idle, long hard) throws IOException {
        this.idle = idle;
        this.hard = hard;
        failure = null;
        reader = Thread.currentThread();
        deadline = earlier(in(idle), hard);
        state = how;
        if (closed && take(how)) {
            state = IDLE;
            throw new Closed();
        }
        if (!armed) {
            arm();
            loop.wake();
        }
        while (state != DONE) {
            LockSupport.park(this);
            if (Thread.currentThread().isInterrupted() && (take(how) || take(PAUSED))) {
                state = IDLE;
                throw new InterruptedIOException("interrupted while reading");
            }
        }
        state = IDLE;
        reader = null;
        pump = null;
        IOException e = failure;
        if (e != null) {
            throw e;
        }
    }

    private static long earlier(long a, long b) {
        return a - b < 0 ? a : b;
    }

    private boolean take(int from) {
        return state == from && STATE.compareAndSet(this, from, BUSY);
    }

    private void arm() {
        armed = true;
        try {
            key.interestOpsOr(SelectionKey.OP_READ);
        } catch (CancelledKeyException e) {
            close();
        }
    }

    private void disarm() {
        armed = false;
        try {
            key.interestOpsAnd(~SelectionKey.OP_READ);
        } catch (CancelledKeyException e) {
            close();
        }
    }

    // ---- on the loop's thread

    void ready(SelectionKey key) {
        int ops = key.readyOps();
        if ((ops & (SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT)) != 0) {
            key.interestOpsAnd(~(SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT));
            wakeWriter();
            tellWritable(false);
        }
        if ((ops & SelectionKey.OP_READ) != 0) {
            readable();
        }
    }

    private void readable() {
        if (take(READING)) {
            fill();
        } else if (take(PUMPING)) {
            work();
        } else if (take(WATCHING)) {
            peek();
        } else {
            disarm();
            if (state == READING || state == WATCHING || state == PUMPING) {
                arm();
            }
        }
    }

    private void fill() {
        ByteBuffer into = target;
        try {
            if (into == null) {
                fresh = Lease.of(size);
                into = fresh.bytes;
                target = into;
            }
            int n = channel.read(into);
            if (n < 0) {
                ended = true;
                dropFresh();
                complete(null);
                return;
            }
            got += n;
            if (got >= wanted && (!wantsLine || !into.hasRemaining() || lineEnds(into, n))) {
                complete(null);
                return;
            }
            deadline = earlier(in(idle), hard);
            back(READING);
        } catch (IOException e) {
            dropFresh();
            complete(closed ? new Closed() : e);
        } catch (RuntimeException | Error e) {
            dropFresh();
            complete(new IOException("no buffer to read into", e));
        }
    }

    /** Whether a line ends in the last so many bytes. */
    private static boolean lineEnds(ByteBuffer bytes, int last) {
        int end = bytes.position();
        for (int i = end - last; i < end; i++) {
            if (bytes.get(i) == '\n') {
                return true;
            }
        }
        return false;
    }

    /** From BUSY back to waiting. */
    private void back(int to) {
        state = to;
        if (closed && take(to)) {
            complete(new Closed());
        }
    }

    private void work() {
        try {
            switch (Objects.requireNonNull(pump).readable()) {
                case Pump.GO_ON -> {
                    deadline = in(idle);
                    back(PUMPING);
                }
                case Pump.PAUSE -> {
                    disarm();
                    back(PAUSED);
                }
                default -> complete(null);
            }
        } catch (IOException e) {
            complete(closed ? new Closed() : e);
        } catch (RuntimeException | Error e) {
            complete(new IOException("the relay failed", e));
        }
    }

    /** The pump goes on after a pause. */
    void resume() {
        if (take(PAUSED)) {
            deadline = in(idle);
            arm();
            back(PUMPING);
        }
    }

    /** The pump ends in a pause. */
    void enough(@Nullable IOException failure) {
        if (take(PAUSED)) {
            complete(failure);
        }
    }

    /** Writes what goes without waiting. */
    boolean writeNow(ByteBuffer data) throws IOException {
        push(data);
        return !data.hasRemaining();
    }

    /** Asks to be told when a write can go on. */
    void whenWritable(Writable callback, long stall) throws IOException {
        writable = callback;
        writeDeadline = in(stall);
        try {
            key.interestOpsOr(SelectionKey.OP_WRITE);
        } catch (CancelledKeyException e) {
            writable = null;
            throw new Closed();
        }
    }

    private void tellWritable(boolean expired) {
        Writable w = writable;
        if (w != null) {
            writable = null;
            w.writable(expired);
        }
    }

    private void dropFresh() {
        if (fresh != null) {
            fresh.release();
            fresh = null;
        }
    }

    private void complete(@Nullable IOException e) {
        failure = e;
        target = null;
        Thread r = reader;
        state = DONE;
        LockSupport.unpark(r);
    }

    private void peek() {
        Watcher w = Objects.requireNonNull(watcher);
        boolean gone = false;
        try {
            Lease e = early;
            if (e == null) {
                e = Lease.small();
                early = e;
                earlyTaken = 0;
            }
            int n = channel.read(e.bytes);
            if (n < 0) {
                gone = true;
            } else if (n > 0 && !w.maySpeak()) {
                gone = true;
                e.bytes.clear();
            } else {
                if (!e.bytes.hasRemaining()) {
                    full = true;
                    disarm();
                }
                if (n > 0 && w.heard(e.bytes)) {
                    state = IDLE;
                    return;
                }
            }
            if (e.bytes.position() == 0) {
                early = null;
                e.release();
            }
        } catch (IOException | OutOfMemoryError e) {
            gone = true;
        }
        if (!gone) {
            state = WATCHING;
            return;
        }
        ended = true;
        try {
            disarm();
            w.left();
        } finally {
            state = IDLE;
        }
    }

    @Override
    boolean tick(long now) {
        if (closed) {
            tellWritable(false);
            return false;
        }
        int s = state;
        if (s == READING || s == PUMPING) {
            if (over(deadline, now) && take(s)) {
                complete(new TimedOut());
            }
        } else if (s == WATCHING) {
            if (over(deadline, now) && take(WATCHING)) {
                try {
                    Objects.requireNonNull(watcher).expired();
                } finally {
                    state = IDLE;
                }
            } else if (!armed && !full) {
                arm();
            }
        }
        if (writer != null && over(writeDeadline, now)) {
            writeTimedOut = true;
            wakeWriter();
        } else if (writable != null && over(writeDeadline, now)) {
            tellWritable(true);
        }
        return true;
    }

    private void wakeWriter() {
        Thread w = writer;
        if (w != null) {
            writer = null;
            LockSupport.unpark(w);
        }
    }

    // ---- on the owner's thread again

    @Override
    void watch(Watcher watcher, long idle) {
        if (closed || ended) {
            watcher.left();
            return;
        }
        this.watcher = watcher;
        deadline = in(idle);
        state = WATCHING;
        if (closed && take(WATCHING)) {
            state = IDLE;
            watcher.left();
        }
    }

    /** Begins to watch in this moment. Else it may be a tick before the loop looks. */
    void watchNow(Watcher watcher, long idle) {
        watch(watcher, idle);
        if (!armed) {
            arm();
            loop.wake();
        }
    }

    /** Sets the watch another time limit, from now on; by its watcher, while it is told. */
    void limitWatch(long idle) {
        deadline = in(idle);
    }

    /**
     * Keeps what has come already for the next read.
     *
     * @return it, from the buffer's start to its position; null when there is nothing
     */
    @Nullable
    ByteBuffer look() throws IOException {
        Lease e = pullFresh(Lease.SMALL);
        if (e == null) {
            return null;
        }
        early = e;
        earlyTaken = 0;
        full = !e.bytes.hasRemaining();
        return e.bytes;
    }

    @Override
    void unwatch() {
        for (int spins = 0; ; spins++) {
            int s = state;
            if (s == IDLE || (s == WATCHING && STATE.compareAndSet(this, WATCHING, IDLE))) {
                watcher = null;
                return;
            }
            if (spins < 100) {
                Thread.onSpinWait();
            } else {
                letOthersRun();
            }
        }
    }

    @Override
    void write(ByteBuffer data, long stall) throws IOException {
        gatherOnce();
        while (true) {
            push(data);
            if (!data.hasRemaining()) {
                return;
            }
            await(SelectionKey.OP_WRITE, in(stall));
        }
    }

    /**
     * Under load, those who compute run first and those who write then write one right after the other: the other side is
     * woken once for many and not by each. To wake a core that sleeps costs the writer more than all else in a write.
     */
    @Override
    void gather() {
        gathered = true;
        if (loop.crowded()) {
            letOthersRun();
        }
    }

    private void gatherOnce() {
        if (!gathered) {
            gather();
        }
        gathered = false;
    }

    private void push(ByteBuffer data) throws IOException {
        try {
            channel.write(data);
        } catch (IOException e) {
            throw closed ? new Closed() : e;
        }
    }

    @Override
    void write(ByteBuffer[] data, int count, long stall) throws IOException {
        gatherOnce();
        int first = 0;
        while (true) {
            try {
                channel.write(data, first, count - first);
            } catch (IOException e) {
                throw closed ? new Closed() : e;
            }
            while (first < count && !data[first].hasRemaining()) {
                first++;
            }
            if (first == count) {
                return;
            }
            await(SelectionKey.OP_WRITE, in(stall));
        }
    }

    private void await(int op, long end) throws IOException {
        Thread me = Thread.currentThread();
        writeTimedOut = false;
        writeDeadline = end;
        writer = me;
        try {
            key.interestOpsOr(op);
        } catch (CancelledKeyException e) {
            writer = null;
            throw new Closed();
        }
        loop.wake();
        while (writer != null) {
            if (closed) {
                writer = null;
                break;
            }
            LockSupport.park(this);
            if (me.isInterrupted()) {
                writer = null;
                throw new InterruptedIOException("interrupted while writing");
            }
        }
        if (closed) {
            throw new Closed();
        }
        if (writeTimedOut) {
            throw new TimedOut();
        }
    }

    @Override
    void endOutput() {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            close();
        }
    }

    @Override
    void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            // the descriptor is gone either way
        }
        loop.wake();
        if (take(READING) || take(PUMPING) || take(PAUSED)) {
            complete(new Closed());
        }
        wakeWriter();
    }

    @Override
    void dispose() {
        close();
        unwatch();
        if (early != null) {
            early.release();
            early = null;
        }
    }

    @Override
    boolean closed() {
        return closed;
    }
}
