package dev.sluice.gateway.plugin;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One call of a plugin. It writes into buffers of its own, which are read only when it has ended in time; what it writes
 * later is seen by nobody.
 */
final class Call {
    /** Where it stands. It ends in one of the last three. */
    enum State {
        NEW,
        RUNNING,
        DONE,
        /** It was not begun when its time was over, and will not be. */
        DROPPED,
        /** It was running when its time was over. */
        LATE
    }

    private final GuardedPart<?> part;
    private final Runnable code;
    private final boolean counted;
    private final AtomicReference<State> state = new AtomicReference<>(State.NEW);
    private final AtomicBoolean claimed = new AtomicBoolean();
    /** Set by the thread that comes back, or by the one that gives it up; whoever is first. */
    private final AtomicBoolean over = new AtomicBoolean();

    private volatile @Nullable Thread runner;
    private volatile boolean interruptSent;
    private volatile @Nullable Batch batch;
    private @Nullable String failure;

    /** @param counted false for questions that no request waits for */
    Call(GuardedPart<?> part, Runnable code, boolean counted) {
        this.part = part;
        this.code = code;
        this.counted = counted;
    }

    boolean counted() {
        return counted;
    }

    void in(Batch its) {
        batch = its;
    }

    State state() {
        return state.get();
    }

    /** What it threw, in words; empty when it threw nothing. Only once it is done. */
    String failure() {
        String words = failure;
        return words == null ? "" : words;
    }

    /** True for one caller, who then sees to it that it is run. */
    boolean claim() {
        return claimed.compareAndSet(false, true);
    }

    void execute(PluginWorkers workers) {
        part.lane().run(this, workers);
    }

    /** Runs it on this thread, which belongs to {@link PluginWorkers}. */
    void run() {
        Thread self = Thread.currentThread();
        runner = self;
        if (!state.compareAndSet(State.NEW, State.RUNNING)) {
            return;
        }
        long begun = System.nanoTime();
        self.setContextClassLoader(part.loader());
        try {
            code.run();
        } catch (Throwable thrown) {
            failure = Aside.words(thrown);
        } finally {
            if (counted) {
                part.stats().time(System.nanoTime() - begun);
            }
            comeBack(self);
        }
    }

    private void comeBack(Thread self) {
        boolean inTime = state.compareAndSet(State.RUNNING, State.DONE);
        while (!inTime && !interruptSent) {
            Thread.onSpinWait();
        }
        self.setContextClassLoader(ClassLoader.getPlatformClassLoader());
        // The plugin may have set it, or it was late and told so: the next call must not suffer.
        Thread.interrupted();
        if (!over.compareAndSet(false, true)) {
            PluginWorkers.leave();
        }
        if (inTime) {
            tellBatch();
        }
    }

    private void tellBatch() {
        Batch its = batch;
        if (its != null) {
            its.done();
        }
    }

    /** It is never going to run. */
    void drop() {
        if (state.compareAndSet(State.NEW, State.DROPPED)) {
            tellBatch();
        }
    }

    /** Its time is over. */
    void giveUp(PluginWorkers workers) {
        if (state.compareAndSet(State.NEW, State.DROPPED)) {
            return;
        }
        if (state.compareAndSet(State.RUNNING, State.LATE)) {
            Thread thread = runner;
            if (thread != null) {
                thread.interrupt();
            }
            interruptSent = true;
            workers.afterGrace(this::abandon);
        }
    }

    /** Still not back: the thread is given up for lost. */
    private void abandon() {
        Thread thread = runner;
        if (over.compareAndSet(false, true) && thread != null) {
            part.lane().turnOff(part.point(), part.name());
            PluginWorkers.lost(thread, part.name());
        }
    }
}
