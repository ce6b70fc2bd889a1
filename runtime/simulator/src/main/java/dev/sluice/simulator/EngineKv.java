package dev.sluice.simulator;

import java.util.List;
import java.util.Optional;

/**
 * An engine's side of KV exchanges, without addresses and wires: what it keeps for others, and what it waits for from them.
 *
 * <p>Prefill side. A request with {@link KvTransfer.Keep} that ends well leaves its blocks pinned under a key. They count as used,
 * no prompt gets them, and the queue waits for them when nothing else is free. They go by {@link #release} (somebody has them
 * now), or when the lease ends, which {@link #renew} moves.
 *
 * <p>Decode side. A request with {@link KvTransfer.Pull} is admitted like others, but instead of running it gets blocks and waits
 * apart, deferred; {@link EngineSink#pull} says so. Whoever runs the engine moves the content, taking the time that takes, and
 * calls {@link #pulled} or {@link #pullFailed}. Its prompt is then as good as computed but for its last token.
 *
 * <p>Invariant: a block is referenced by running sequences, by sequences that wait for content, and by pins, and by nothing
 * else; what is aborted while content is on its way keeps its blocks until that is over, because they are being written to.
 */
public final class EngineKv {
    private final Engine engine;
    private final Sequences seqs;
    private final Scheduler scheduler;
    private final BlockPool pool;
    private final EngineStats stats;
    private final KvPins pins = new KvPins();
    private final LongIntMap fetching;

    EngineKv(
            Engine engine,
            Sequences seqs,
            Scheduler scheduler,
            BlockPool pool,
            EngineStats stats,
            LongIntMap fetching) {
        this.engine = engine;
        this.seqs = seqs;
        this.scheduler = scheduler;
        this.pool = pool;
        this.stats = stats;
        this.fetching = fetching;
    }

    /**
     * The content that {@link EngineSink#pull} asked for is here: the sequence may run. Nothing happens when nothing of this id
     * waits. Not to be called from a sink.
     */
    public void pulled(long id, long nowNanos) {
        var slot = fetching.remove(id);
        if (slot == LongIntMap.ABSENT) {
            return;
        }
        if (seqs.state[slot] == Sequences.DEAD_REMOTE) {
            scheduler.dropRemote(slot);
        } else {
            scheduler.fetched(slot, true);
        }
        engine.unblock(nowNanos);
    }

    /**
     * The content that {@link EngineSink#pull} asked for will not come. The sequence ends with {@link FinishReason#ERROR}, or is
     * computed here: vLLM's {@code kv_load_failure_policy} {@code fail} and {@code recompute}. Not to be called from a sink.
     */
    public void pullFailed(long id, boolean recompute, long nowNanos, EngineSink sink) {
        var slot = fetching.remove(id);
        if (slot == LongIntMap.ABSENT) {
            return;
        }
        stats.failedTransfers++;
        if (seqs.state[slot] == Sequences.DEAD_REMOTE) {
            scheduler.dropRemote(slot);
        } else if (recompute) {
            scheduler.fetched(slot, false);
        } else {
            engine.failRemote(slot, sink, nowNanos);
        }
        engine.unblock(nowNanos);
    }

    /** Whoever was to fetch pinned blocks has them, or does not want them: they are free. False when nothing is pinned so. */
    public boolean release(String key, long nowNanos) {
        var pin = pins.remove(key);
        pin.ifPresent(this::free);
        engine.unblock(nowNanos);
        return pin.isPresent();
    }

    /** Makes a lease end no earlier than this; false when nothing is pinned so. */
    public boolean renew(String key, long untilNanos) {
        return pins.renew(key, untilNanos);
    }

    /** What is pinned, oldest first. */
    public List<KvPin> pins() {
        return pins.all();
    }

    /** What is pinned under this key. */
    public Optional<KvPin> pin(String key) {
        return pins.get(key);
    }

    /** Blocks that are pinned. */
    public int pinnedBlocks() {
        return pins.blocks();
    }

    /** Sequences that wait for content, those included that were aborted and wait for its end. */
    public int deferred() {
        return scheduler.remote();
    }

    /**
     * Whether these blocks hold this content now; one hash for each block, and blocks past the last hash are not looked at. Blocks
     * that were freed and taken for something else do not, and who reads them nevertheless gets what is there.
     */
    public boolean holds(List<Integer> blocks, long[] hashes) {
        for (var i = 0; i < Math.min(blocks.size(), hashes.length); i++) {
            if (!pool.holds(blocks.get(i), hashes[i])) {
                return false;
            }
        }
        return true;
    }

    boolean isFetching(long id) {
        return fetching.get(id) != LongIntMap.ABSENT;
    }

    void keep(int slot, KvTransfer.Keep keep, long now, EngineSink sink) {
        var tokens = seqs.computed[slot];
        var pin = new KvPin(
                keep.key(),
                seqs.id[slot],
                List.copyOf(scheduler.detach(slot, tokens)),
                tokens,
                seqs.cached[slot],
                seqs.generated[slot],
                now,
                now + keep.leaseNanos());
        // Two requests of one key are somebody's mistake; the newer one is what the key means now.
        pins.add(pin).ifPresent(this::free);
        sink.kept(pin, now);
    }

    long nextExpiry() {
        return pins.nextExpiry();
    }

    boolean hasPins() {
        return !pins.isEmpty();
    }

    void expire(long now, EngineSink sink) {
        for (var pin : pins.expired(now)) {
            free(pin);
            stats.expiredLeases++;
            engine.unblock(now);
            sink.expired(pin, now);
        }
    }

    /** As the end of the process. */
    void drop() {
        for (var id : fetching.keys()) {
            scheduler.dropRemote(fetching.remove(id));
        }
        pins.clear().forEach(this::free);
    }

    private void free(KvPin pin) {
        for (var i = pin.blocks().size() - 1; i >= 0; i--) {
            pool.release(pin.blocks().get(i));
        }
    }
}
