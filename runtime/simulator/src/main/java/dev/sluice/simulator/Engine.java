package dev.sluice.simulator;

import java.util.SortedSet;
import java.util.function.LongConsumer;

/**
 * A vLLM engine as a pure model: continuous batching with one step clock, chunked prefill, a block pool with prefix caching and
 * LRU eviction, preemption by recomputation. It has no thread and no clock of its own: a caller submits and aborts, asks
 * {@link #nextEventNanos}, and advances it to that time, be it on the wall clock or in virtual time. The same calls and the same
 * seed give the same events.
 *
 * <p>How time passes: a request becomes schedulable {@link EngineProfile#requestOverheadMillis} after its arrival; a step that
 * starts at t admits what is schedulable at t and, at its end, gives every sequence in it whose tokens are all computed one more
 * token. Aborts take effect at once for memory, but do not shorten the step that runs. Times must not go backwards between
 * calls. Not thread-safe.
 */
public final class Engine {
    private final EngineProfile profile;
    private final CacheListener listener;
    private final BlockPool pool;
    private final EngineStats stats;
    private final StepTime time;
    private final Sequences seqs = new Sequences();
    private final Scheduler scheduler;
    private final SlotQueue pending = new SlotQueue();
    private final LongIntMap slots = new LongIntMap(256);
    private final EngineKv kv;
    private long arrivals;
    private int alive;
    private boolean stepping;
    /** The queue waits for blocks that only others' transfers, leases or leaving can free. */
    private boolean blocked;

    private boolean dead;
    private boolean advancing;
    private long stepEnd;
    private long clock = Long.MIN_VALUE;

    /**
     * An idle engine with an empty cache.
     *
     * @param seed of the noise on step times
     */
    public Engine(EngineProfile profile, long seed) {
        this(profile, seed, CacheListener.NONE);
    }

    /** The same, and the listener hears of its cache. */
    public Engine(EngineProfile profile, long seed, CacheListener listener) {
        this.profile = profile;
        this.listener = listener;
        time = new StepTime(profile, seed);
        pool = new BlockPool(profile.kvBlocks(), listener);
        stats = new EngineStats(profile.maxModelLen());
        var fetching = new LongIntMap(16);
        scheduler = new Scheduler(seqs, pool, profile, stats, fetching, listener);
        kv = new EngineKv(this, seqs, scheduler, pool, stats, fetching);
    }

    /** What it was made from. */
    public EngineProfile profile() {
        return profile;
    }

    /** Counters and histograms since the start. */
    public EngineStats stats() {
        return stats;
    }

    /**
     * Hands in a sequence.
     *
     * @throws IllegalArgumentException when the engine already holds a sequence of this id
     */
    public Submission submit(EngineRequest request, long nowNanos) {
        if (dead) {
            return Submission.DEAD;
        }
        var most = request.promptTokens() + (long) request.outputTokens();
        if (most > profile.maxModelLen() || most - 1 > (long) pool.total() * profile.blockSize()) {
            return Submission.TOO_LONG;
        }
        if (profile.maxNumQueuedReqs() > 0 && alive >= profile.maxNumQueuedReqs()) {
            stats.queueRefusals++;
            return Submission.QUEUE_FULL;
        }
        if (slots.get(request.id()) != LongIntMap.ABSENT || kv.isFetching(request.id())) {
            throw new IllegalArgumentException("request " + request.id() + " is already here");
        }
        var slot = seqs.open(request, arrivals++, nowNanos, nowNanos + Math.round(profile.requestOverheadMillis() * 1e6));
        slots.put(request.id(), slot);
        pending.addLast(slot);
        alive++;
        return Submission.ACCEPTED;
    }

    /**
     * Drops a sequence and frees its blocks now; false when there is none of this id (it has ended). Blocks that another engine's
     * KV is being written to are freed by the {@link EngineKv#pulled} that is still to come.
     */
    public boolean abort(long id, long nowNanos) {
        var slot = slots.remove(id);
        if (slot == LongIntMap.ABSENT) {
            return false;
        }
        alive--;
        stats.ended(FinishReason.ABORT);
        switch (seqs.state[slot]) {
            case Sequences.RUNNING -> {
                scheduler.end(slot);
                if (!advancing) {
                    scheduler.sweep();
                }
            }
            case Sequences.WAITING -> scheduler.leaveQueue(slot);
            case Sequences.REMOTE -> {
                if (kv.isFetching(id)) {
                    seqs.state[slot] = Sequences.DEAD_REMOTE;
                } else {
                    scheduler.dropRemote(slot);
                    scheduler.fatal("a request with incomplete kv_transfer_params was aborted");
                }
            }
            default -> seqs.state[slot] = Sequences.DEAD;
        }
        unblock(nowNanos);
        return true;
    }

    /**
     * Drops everything, as a process that dies; each id is told. With {@code andCache} the cache is emptied too, pins are gone, and
     * what comes then is a new process.
     */
    public void abortAll(long nowNanos, boolean andCache, LongConsumer aborted) {
        for (var id : slots.keys()) {
            abort(id, nowNanos);
            aborted.accept(id);
        }
        if (andCache) {
            kv.drop();
            pool.reset();
            scheduler.fatal("");
            dead = false;
        }
    }

    /** Its side of KV exchanges with other engines. */
    public EngineKv kv() {
        return kv;
    }

    /** After {@link EngineSink#died}, until {@link #abortAll} stands for a new process. */
    public boolean isDead() {
        return dead;
    }

    /** Ends a sequence whose content from another engine does not come. */
    void failRemote(int slot, EngineSink sink, long nowNanos) {
        var id = seqs.id[slot];
        var usage = seqs.usage(slot);
        slots.remove(id);
        alive--;
        stats.ended(FinishReason.ERROR);
        scheduler.dropRemote(slot);
        sink.finished(id, FinishReason.ERROR, usage, nowNanos);
    }

    /** Something may be free that the queue waits for. */
    void unblock(long nowNanos) {
        blocked = false;
        if (!stepping) {
            clock = Math.max(clock, nowNanos);
        }
    }

    /** When {@link #advance} next has something to do; {@link Long#MAX_VALUE} when nothing is under way. */
    public long nextEventNanos() {
        return Math.min(nextStepNanos(), kv.nextExpiry());
    }

    private long nextStepNanos() {
        if (stepping) {
            return stepEnd;
        }
        if (!scheduler.fatal().isEmpty()) {
            return clock;
        }
        if ((scheduler.waiting() > 0 && !blocked) || scheduler.running() > 0) {
            return clock;
        }
        dropDeadPending();
        return pending.isEmpty() ? Long.MAX_VALUE : seqs.readyAt[pending.peek()];
    }

    /** Does everything that is due at or before now, in order, and tells the sink. */
    public void advance(long nowNanos, EngineSink sink) {
        advancing = true;
        try {
            for (var next = nextEventNanos(); next <= nowNanos; next = nextEventNanos()) {
                clock = Math.max(clock, next);
                kv.expire(clock, sink);
                if (stepping && stepEnd <= clock) {
                    stepping = false;
                    finishStep(sink);
                    listener.stepped(clock);
                }
                if (!stepping) {
                    startStep(sink);
                }
            }
        } finally {
            advancing = false;
            scheduler.sweep();
        }
    }

    private void die(EngineSink sink) {
        var why = scheduler.fatal();
        abortAll(clock, true, id -> {});
        scheduler.sweep();
        stepping = false;
        dead = true;
        sink.died(why, clock);
    }

    /** How many different adapters a batch may have, at least 1; no limit unless this is called. */
    public void maxLoras(int adapters) {
        scheduler.adapters.limit(adapters);
    }

    /** Numbers of the adapters in the batch. */
    public SortedSet<Integer> runningLoras() {
        return scheduler.runningAdapters();
    }

    /** Numbers of the adapters that waiting sequences want. */
    public SortedSet<Integer> waitingLoras() {
        return scheduler.waitingAdapters();
    }

    /** Sequences in the batch. */
    public int running() {
        return scheduler.running();
    }

    /** Sequences that wait for a place, or for another engine's KV. */
    public int waiting() {
        return scheduler.waiting() + scheduler.remote();
    }

    /** All sequences it holds: running, waiting, and on their way into the queue. */
    public int inFlight() {
        return alive;
    }

    /** Share of cache blocks that sequences use, 0 to 1. */
    public double kvUsage() {
        return Math.min(1, (double) pool.used() / pool.capacity());
    }

    /** Blocks in service; less than the profile says after {@link #resizeCache}. */
    public int kvBlocks() {
        return pool.capacity();
    }

    /** Blocks that sequences use. */
    public int kvBlocksUsed() {
        return pool.used();
    }

    /** Different blocks whose content the prefix cache could serve. */
    public int cachedBlocks() {
        return pool.cachedHashes();
    }

    /** Cached contents that were given up for new ones. */
    public long evictions() {
        return pool.evictions();
    }

    /** Leading tokens of a prompt with these block hashes that the cache would serve now; changes nothing. */
    public int cachedTokens(int promptTokens, long[] blocks) {
        var most = Math.min(blocks.length, (promptTokens - 1) / profile.blockSize());
        var hits = 0;
        while (hits < most && pool.find(blocks[hits]) >= 0) {
            hits++;
        }
        return hits * profile.blockSize();
    }

    /** From the next step on, steps take so many times their usual time; gauges show nothing of it. Above 0; 1 is normal. */
    public void slowDown(double factor) {
        time.slowDown(factor);
    }

    /** Changes the cache while it runs, 1 to {@link EngineProfile#kvBlocks()}; blocks in use leave when they are freed. */
    public void resizeCache(int blocks) {
        pool.resize(blocks);
        blocked = false;
    }

    /** Forgets all cached content, as {@code /reset_prefix_cache} does; false, and nothing is forgotten, while blocks are in use. */
    public boolean resetCache() {
        if (pool.used() > 0) {
            return false;
        }
        pool.reset();
        listener.cleared();
        return true;
    }

    /** Forgets all cached content and whatever is pinned, as an engine that goes to sleep. What runs must be aborted before. */
    public void forget() {
        kv.drop();
        pool.reset();
        listener.cleared();
    }

    private void startStep(EngineSink sink) {
        if (!scheduler.fatal().isEmpty()) {
            die(sink);
            return;
        }
        dropDeadPending();
        while (!pending.isEmpty() && seqs.readyAt[pending.peek()] <= clock) {
            scheduler.enqueue(pending.poll());
            dropDeadPending();
        }
        blocked = false;
        while (scheduler.running() + scheduler.waiting() > 0) {
            // A second look when the last one running has just lost its place: it may come back to an empty cache.
            if (scheduler.schedule(clock, sink)
                    || (scheduler.running() == 0 && scheduler.fatal().isEmpty() && scheduler.schedule(clock, sink))) {
                stepping = true;
                stepEnd = clock + time.nanos(scheduler.step);
                stats.steps++;
                stats.iterationTokens.record(scheduler.step.decoding + scheduler.step.prefillTokens);
                return;
            }
            if (!scheduler.fatal().isEmpty()) {
                die(sink);
                return;
            }
            if (scheduler.stuck(kv.hasPins())) {
                var slot = scheduler.refuseHead();
                end(slot, FinishReason.ERROR, sink);
                seqs.close(slot);
            } else if (scheduler.running() == 0) {
                blocked = true;
                return;
            }
        }
    }

    private void finishStep(EngineSink sink) {
        var count = scheduler.running();
        for (var i = 0; i < count; i++) {
            var slot = scheduler.runningSlot(i);
            var tokens = seqs.scheduled[slot];
            seqs.scheduled[slot] = 0;
            if (tokens == 0 || seqs.state[slot] != Sequences.RUNNING) {
                continue;
            }
            seqs.computed[slot] += tokens;
            if (seqs.computed[slot] < seqs.length(slot)) {
                continue;
            }
            var ordinal = ++seqs.generated[slot];
            stats.token(seqs, slot, clock);
            var id = seqs.id[slot];
            sink.token(id, ordinal, clock);
            if (ordinal >= seqs.output[slot] && seqs.state[slot] == Sequences.RUNNING) {
                seqs.transfer[slot].keep().ifPresent(keep -> kv.keep(slot, keep, clock, sink));
                scheduler.end(slot);
                var reason = ordinal >= seqs.maxTokens[slot] ? FinishReason.LENGTH : FinishReason.STOP;
                end(slot, reason, sink);
            }
        }
        scheduler.sweep();
    }

    private void end(int slot, FinishReason reason, EngineSink sink) {
        alive--;
        slots.remove(seqs.id[slot]);
        stats.ended(reason);
        if (reason != FinishReason.ERROR) {
            stats.finished(seqs, slot, clock);
        }
        sink.finished(seqs.id[slot], reason, seqs.usage(slot), clock);
    }

    private void dropDeadPending() {
        while (!pending.isEmpty() && seqs.state[pending.peek()] == Sequences.DEAD) {
            seqs.close(pending.poll());
        }
    }
}
