package dev.sluice.simulator;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

/** Runs an {@link Engine} on the wall clock: one thread sleeps until its next event; requests come and go under one lock. */
final class EngineDriver implements EngineSink, AutoCloseable {
    private record Place(Answer answer, int sequence) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Engine engine;
    private final Map<Long, Place> places = new HashMap<>();
    private final Map<Answer, List<Long>> answers = new HashMap<>();
    private final Thread thread;
    private long nextId = 1;
    private long pausedSince = -1;
    private long pausedNanos;
    private boolean closed;

    EngineDriver(EngineProfile profile, long seed) {
        engine = new Engine(profile, seed);
        thread = Thread.ofPlatform().name("engine").daemon().start(this::run);
    }

    /**
     * Hands in all sequences of an answer, or none.
     *
     * @throws ApiException 503 when the queue is full, 400 when it can never fit, 500 when the engine is gone
     */
    void submit(Answer answer, List<EngineRequest> requests) {
        lock.lock();
        try {
            if (closed) {
                throw ApiException.engineDead();
            }
            var now = now();
            if (pausedSince < 0) {
                engine.advance(now, this);
            }
            var ids = new ArrayList<Long>();
            for (var i = 0; i < requests.size(); i++) {
                var id = nextId++;
                var submission = engine.submit(requests.get(i).withId(id), now);
                if (submission != Submission.ACCEPTED) {
                    ids.forEach(known -> forget(known, now));
                    throw switch (submission) {
                        case QUEUE_FULL -> ApiException.busy();
                        case DEAD -> ApiException.engineDead();
                        default -> ApiException.bad("The prompt does not fit into the KV cache.", "");
                    };
                }
                ids.add(id);
                places.put(id, new Place(answer, i));
            }
            answers.put(answer, ids);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Drops what is left of an answer; does nothing when all of it has ended. */
    void abort(Answer answer) {
        lock.lock();
        try {
            var now = now();
            for (var id : answers.getOrDefault(answer, List.of())) {
                forget(id, now);
            }
            answers.remove(answer);
        } finally {
            lock.unlock();
        }
    }

    /** Reads or changes the engine under the lock. */
    <T> T with(Function<Engine, T> work) {
        lock.lock();
        try {
            return work.apply(engine);
        } finally {
            changed.signal();
            lock.unlock();
        }
    }

    /** Stops the engine's time, or lets it go on from where it stopped. */
    void pause(boolean on) {
        lock.lock();
        try {
            if (on && pausedSince < 0) {
                pausedSince = System.nanoTime();
            } else if (!on && pausedSince >= 0) {
                pausedNanos += System.nanoTime() - pausedSince;
                pausedSince = -1;
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** What SIGTERM does: every answer ends early, as an abort that looks like success. */
    void terminate() {
        endAll(Answer::terminate);
    }

    /** What the death of the engine process does: every answer fails, and none is taken any more. */
    void kill() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        endAll(Answer::kill);
        close();
    }

    /** After {@link #kill} or {@link #close}. */
    boolean isDead() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void endAll(Consumer<Answer> how) {
        lock.lock();
        try {
            var all = List.copyOf(answers.keySet());
            engine.abortAll(now(), false, places::remove);
            answers.clear();
            all.forEach(how);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        lock.lock();
        try {
            while (!closed) {
                var next = pausedSince >= 0 ? Long.MAX_VALUE : engine.nextEventNanos();
                var now = now();
                if (next == Long.MAX_VALUE) {
                    changed.await();
                } else if (next > now) {
                    changed.awaitNanos(next - now);
                } else {
                    engine.advance(now, this);
                }
            }
        } catch (InterruptedException e) {
            // close() wants the thread to end.
        } finally {
            lock.unlock();
        }
    }

    private void forget(long id, long now) {
        places.remove(id);
        engine.abort(id, now);
    }

    private long now() {
        return (pausedSince >= 0 ? pausedSince : System.nanoTime()) - pausedNanos;
    }

    @Override
    public void started(long id, int cachedTokens, long atNanos) {
        var place = places.get(id);
        if (place != null) {
            place.answer().onStarted(place.sequence(), cachedTokens);
        }
    }

    @Override
    public void token(long id, int ordinal, long atNanos) {
        var place = places.get(id);
        if (place != null) {
            place.answer().onToken(place.sequence(), ordinal);
        }
    }

    @Override
    public void finished(long id, FinishReason reason, Usage usage, long atNanos) {
        var place = places.remove(id);
        if (place != null) {
            place.answer().onFinished(place.sequence(), reason);
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
    }
}
