package dev.sluice.simulator.fleet;

import dev.sluice.core.Outcome;
import dev.sluice.core.Scrape;
import dev.sluice.core.Usage;
import dev.sluice.simulator.CacheListener;
import dev.sluice.simulator.Engine;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.EngineRequest;
import dev.sluice.simulator.EngineSink;
import dev.sluice.simulator.FinishReason;
import dev.sluice.simulator.KvPin;
import dev.sluice.simulator.Submission;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An engine in virtual time with a network before it that may refuse, cut, stall and delay. */
public final class Server {
    /** Tokens that are reported together after the first one, as chunks of a stream. */
    private static final int CHUNK = 16;

    private final EventLoop loop;
    private final Engine engine;
    private final Map<Long, Call> calls = new LinkedHashMap<>();
    private final List<Runnable> held = new ArrayList<>();
    private final ServerKv kv;
    private int deaths;
    private long wakeAt = Long.MAX_VALUE;
    private boolean up = true;
    private boolean refuses;
    private boolean stalled;
    private boolean reportsCached = true;
    private long delay;

    private static final class Call {
        final Leg leg;
        int generated;
        int told;
        long lastAt = -1;

        Call(Leg leg) {
            this.leg = leg;
        }
    }

    /** An idle server that shares KV with nobody. */
    public Server(EventLoop loop, EngineProfile profile, long seed) {
        this(loop, profile, seed, "alone", new KvNetwork(loop, KvLink.INFINIBAND_400G));
    }

    /**
     * An idle server.
     *
     * @param name what {@link KvParams} and {@link KvLeg} call it, unique in the network
     * @param network moves its KV from and to others
     */
    public Server(EventLoop loop, EngineProfile profile, long seed, String name, KvNetwork network) {
        this(loop, profile, seed, name, network, CacheListener.NONE);
    }

    /** The same, and the listener hears of its cache. */
    public Server(
            EventLoop loop, EngineProfile profile, long seed, String name, KvNetwork network, CacheListener listener) {
        this.loop = loop;
        this.engine = new Engine(profile, seed, listener);
        kv = new ServerKv(name, network, loop, engine, sink, this::wake);
    }

    private final EngineSink sink = new EngineSink() {
        @Override
        public void started(long id, int cachedTokens, long atNanos) {}

        @Override
        public void token(long id, int ordinal, long atNanos) {
            Call call = calls.get(id);
            if (call == null) {
                return;
            }
            call.generated = ordinal;
            if (ordinal == 1) {
                send(call, call.leg::firstToken);
                call.told = 1;
            } else if (ordinal - call.told >= CHUNK) {
                tell(call);
            }
        }

        @Override
        public void pull(long id, int from, int tokens, long atNanos) {
            kv.pull(id, from, tokens);
        }

        @Override
        public void kept(KvPin pin, long atNanos) {
            KvParams params = kv.kept(pin);
            Call call = calls.get(pin.request());
            if (call != null) {
                send(call, () -> call.leg.kept(params));
            }
        }

        @Override
        public void died(String why, long atNanos) {
            deaths++;
            crash();
        }

        @Override
        public void finished(long id, FinishReason reason, dev.sluice.simulator.Usage usage, long atNanos) {
            Call call = calls.remove(id);
            if (call == null) {
                return;
            }
            if (reason == FinishReason.ERROR) {
                kv.abort(id);
                send(call, () -> fail(call, Outcome.FAILED));
                return;
            }
            tell(call);
            Usage said =
                    new Usage(usage.promptTokens(), reportsCached ? usage.cachedTokens() : -1, usage.outputTokens());
            send(call, () -> {
                call.leg.close();
                call.leg.ended(said);
            });
        }
    };

    private void tell(Call call) {
        int fresh = call.generated - call.told;
        call.told = call.generated;
        if (fresh > 0) {
            send(call, () -> call.leg.tokens(fresh));
        }
    }

    private void send(Call call, Runnable event) {
        if (stalled) {
            held.add(() -> send(call, event));
        } else if (delay == 0 && loop.now() > call.lastAt) {
            deliver(call, event);
        } else {
            // Events of one connection keep their order.
            call.lastAt = Math.max(loop.now() + delay, call.lastAt + 1);
            loop.at(call.lastAt, () -> deliver(call, event));
        }
    }

    private static void deliver(Call call, Runnable event) {
        if (!call.leg.over()) {
            event.run();
        }
    }

    private static void fail(Call call, Outcome outcome) {
        call.leg.close();
        call.leg.failed(outcome);
    }

    /** Begins a call that needs no other engine. */
    public void call(long id, Ask ask, Leg leg) {
        call(id, ask, KvLeg.ALONE, leg);
    }

    /**
     * Begins a call.
     *
     * @param id unique among all calls of this server's life
     * @param part what it has to do with another leg's KV
     */
    public void call(long id, Ask ask, KvLeg part, Leg leg) {
        Call call = new Call(leg);
        loop.in(delay, () -> begin(id, ask, part, call));
    }

    private void begin(long id, Ask ask, KvLeg part, Call call) {
        if (call.leg.over()) {
            // It was sent and cut at once: the engine reads it all the same, and ends it.
            if (up && !refuses) {
                kv.transfer(id, ask, part);
                kv.abort(id);
            }
            return;
        }
        if (!up || refuses) {
            fail(call, Outcome.UNREACHABLE);
            return;
        }
        int limit = Math.max(ask.outputTokens(), ask.maxTokens());
        EngineRequest request = new EngineRequest(
                        id, ask.promptTokens(), ask.blocks(), ask.outputTokens(), limit, id, 0)
                .with(kv.transfer(id, ask, part));
        Submission said = engine.submit(request, loop.now());
        if (said != Submission.ACCEPTED) {
            kv.forget(id);
        }
        switch (said) {
            case DEAD -> fail(call, Outcome.FAILED);
            case QUEUE_FULL -> fail(call, Outcome.OVERLOADED);
            case TOO_LONG -> fail(call, Outcome.REJECTED);
            case ACCEPTED -> {
                calls.put(id, call);
                wake();
            }
        }
    }

    /** The gateway closes the connection of a call. */
    public void abort(long id, Leg leg) {
        leg.close();
        loop.in(delay, () -> {
            if (calls.remove(id) != null) {
                drop(id);
            }
        });
    }

    private void drop(long id) {
        engine.abort(id, loop.now());
        kv.abort(id);
        wake();
    }

    private void wake() {
        long next = engine.nextEventNanos();
        if (next < wakeAt) {
            wakeAt = Math.max(next, loop.now());
            loop.at(wakeAt, this::run);
        }
    }

    private void run() {
        if (loop.now() < wakeAt) {
            return;
        }
        wakeAt = Long.MAX_VALUE;
        engine.advance(loop.now(), sink);
        wake();
    }

    /** The process dies: connections break, the cache is gone. */
    public void crash() {
        up = false;
        kv.crash();
        breakAll(true);
    }

    /** All connections break, the engine lives on. */
    public void cutAll() {
        breakAll(false);
    }

    private void breakAll(boolean andCache) {
        List<Call> open = new ArrayList<>(calls.values());
        calls.clear();
        engine.abortAll(loop.now(), andCache, kv::abort);
        for (Call call : open) {
            if (!call.leg.over() && !stalled) {
                fail(call, Outcome.FAILED);
            }
        }
    }

    /** One connection breaks, the oldest; false when there is none. */
    public boolean cutOne() {
        for (Map.Entry<Long, Call> entry : calls.entrySet()) {
            long id = entry.getKey();
            Call call = entry.getValue();
            calls.remove(id);
            drop(id);
            if (!call.leg.over()) {
                fail(call, Outcome.FAILED);
            }
            return true;
        }
        return false;
    }

    /** A crashed process is back, with an empty cache. */
    public void restart() {
        up = true;
        kv.restart();
    }

    /** How often its engine has died of what it was sent; each time it was as a {@link #crash}. */
    public int deaths() {
        return deaths;
    }

    /** The name of its process in {@link KvParams}; another one after a restart. */
    public String engineId() {
        return kv.engineId();
    }

    /** Whether new connections are refused. */
    public void refuse(boolean yes) {
        refuses = yes;
    }

    /** Whether what the engine says is held up, without an error; it comes when this ends. */
    public void stall(boolean yes) {
        stalled = yes;
        if (!yes) {
            List<Runnable> late = List.copyOf(held);
            held.clear();
            late.forEach(Runnable::run);
        }
    }

    /** One-way delay of the network, ns. */
    public void delay(long nanos) {
        delay = nanos;
    }

    /** Whether usage names cached tokens. */
    public void reportCached(boolean yes) {
        reportsCached = yes;
    }

    /** Whether it answers probes and scrapes. */
    public boolean answers() {
        return up && !refuses && !stalled;
    }

    /** What its metrics page says now. */
    public Scrape scrape() {
        return new Scrape(
                engine.waiting(),
                engine.running(),
                engine.kvUsage(),
                engine.profile().blockSize(),
                engine.profile().kvBlocks());
    }

    /** The engine behind the network. */
    public Engine engine() {
        return engine;
    }

    /** Calls that it works at. */
    public int open() {
        return calls.size();
    }
}
