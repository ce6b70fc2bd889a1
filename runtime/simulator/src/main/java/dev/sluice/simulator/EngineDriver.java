package dev.sluice.simulator;

import dev.sluice.simulator.events.KvContent;
import dev.sluice.simulator.transfer.Exchanges;
import dev.sluice.simulator.transfer.Wish;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/** Runs an {@link Engine} on the wall clock: one thread sleeps until its next event; requests come and go under one lock. */
final class EngineDriver implements EngineSink, AutoCloseable {
    /** What is asked of the engine for one sequence of an answer. */
    record Order(EngineRequest request, Wish wish, Optional<KvContent> content) {}

    private record Place(Answer answer, int sequence, Order order) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final EngineProfile profile;
    private final Engine engine;
    private final Map<Long, Place> places = new HashMap<>();
    private final Map<Answer, List<Long>> answers = new HashMap<>();
    private final Optional<KvPublisher> publisher;
    private final Exchanges exchanges;
    private final Thread thread;
    private long nextId = 1;
    private long pausedSince = -1;
    private long pausedNanos;
    private boolean closed;
    private boolean paused;
    private int sleepLevel;

    /**
     * Starts an engine.
     *
     * @throws IOException when the connector cannot have its port
     */
    EngineDriver(EngineProfile profile, SimulatorOptions options) throws IOException {
        this.profile = profile;
        publisher = options.events().enabled() ? Optional.of(new KvPublisher(options.events())) : Optional.empty();
        engine = new Engine(
                profile, options.seed(), publisher.map(this::recorder).orElse(CacheListener.NONE));
        engine.maxLoras(options.maxLoras());
        try {
            exchanges = new Exchanges(
                    options.transfer(),
                    options.host(),
                    options.role(),
                    profile,
                    options.timeScale(),
                    new DriverKv(this));
        } catch (IOException e) {
            publisher.ifPresent(KvPublisher::close);
            throw e;
        }
        thread = Thread.ofPlatform().name("engine").daemon().start(this::run);
    }

    private CacheListener recorder(KvPublisher to) {
        return new KvRecorder(
                profile.blockSize(),
                id -> Optional.ofNullable(places.get(id))
                        .flatMap(place -> place.order().content()),
                to::publish);
    }

    /** Publishes its KV events, when it has any. */
    Optional<KvPublisher> publisher() {
        return publisher;
    }

    /**
     * Hands in all sequences of an answer, or none.
     *
     * @throws ApiException 503 when the queue is full, 400 when it can never fit, 500 when the engine is gone
     */
    void submit(Answer answer, List<Order> orders) {
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
            for (var i = 0; i < orders.size(); i++) {
                var id = nextId++;
                var order = orders.get(i);
                exchanges.submitted(id, order.wish());
                var submission = engine.submit(
                        order.request().withId(id).with(order.wish().transfer()), now);
                if (submission != Submission.ACCEPTED) {
                    exchanges.aborted(id);
                    ids.forEach(known -> forget(known, now));
                    throw switch (submission) {
                        case QUEUE_FULL -> ApiException.busy();
                        case DEAD -> ApiException.engineDead();
                        default -> ApiException.bad("The prompt does not fit into the KV cache.", "");
                    };
                }
                ids.add(id);
                places.put(id, new Place(answer, i, order));
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

    /** The same with the engine's time. */
    <T> T at(BiFunction<Engine, Long, T> work) {
        lock.lock();
        try {
            return work.apply(engine, now());
        } finally {
            changed.signal();
            lock.unlock();
        }
    }

    /** What it does with other engines' KV. */
    Exchanges exchanges() {
        return exchanges;
    }

    /** Stops the engine's time, or lets it go on from where it stopped. */
    void pause(boolean on) {
        lock.lock();
        try {
            paused = on;
            stopOrGo();
        } finally {
            lock.unlock();
        }
    }

    private void stopOrGo() {
        var stop = paused || sleepLevel > 0;
        if (stop && pausedSince < 0) {
            pausedSince = System.nanoTime();
        } else if (!stop && pausedSince >= 0) {
            pausedNanos += System.nanoTime() - pausedSince;
            pausedSince = -1;
        }
        changed.signal();
    }

    /** Whether {@link #pause} is on. */
    boolean isPaused() {
        lock.lock();
        try {
            return paused;
        } finally {
            lock.unlock();
        }
    }

    /** Ends what runs as an abort, drops the cache, and stops the engine's time until {@link #wakeUp}. */
    void sleep(int level) {
        endAll(Answer::terminate);
        lock.lock();
        try {
            engine.forget();
            sleepLevel = level;
            stopOrGo();
        } finally {
            lock.unlock();
        }
    }

    void wakeUp() {
        lock.lock();
        try {
            sleepLevel = 0;
            stopOrGo();
        } finally {
            lock.unlock();
        }
    }

    /** 0 when awake. */
    int sleepLevel() {
        lock.lock();
        try {
            return sleepLevel;
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
            engine.abortAll(now(), false, id -> {
                places.remove(id);
                exchanges.aborted(id);
            });
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
        exchanges.aborted(id);
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
            if (ordinal == 1) {
                exchanges.computed(place.answer().plans().get(place.sequence()).prompt());
            }
            place.answer().onToken(place.sequence(), ordinal);
        }
    }

    @Override
    public void pull(long id, int from, int tokens, long atNanos) {
        var place = places.get(id);
        if (place != null) {
            place.answer().onPull(place.sequence(), tokens);
            var request = place.order().request();
            var full = request.promptTokens() / engine.profile().blockSize();
            exchanges.pull(id, from, tokens, Arrays.copyOf(request.blocks(), full));
        }
    }

    @Override
    public void kept(KvPin pin, long atNanos) {
        var params = exchanges.kept(pin);
        var place = places.get(pin.request());
        if (place != null) {
            place.answer().onKept(place.sequence(), params);
        }
    }

    @Override
    public void died(String why, long atNanos) {
        kill();
    }

    @Override
    public void finished(long id, FinishReason reason, Usage usage, long atNanos) {
        var place = places.remove(id);
        if (place != null) {
            exchanges.aborted(id);
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
        exchanges.close();
        publisher.ifPresent(KvPublisher::close);
        thread.interrupt();
    }
}
