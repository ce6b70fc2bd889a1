package dev.sluice.simulator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * vLLM's V1 scheduler: each step gives running sequences what they need (one token when decoding, the next chunk when their
 * prompt is not done), then admits from the queue while tokens, seats and blocks last. A running sequence that finds no block
 * takes those of the sequence that was admitted last, which starts over from the head of the queue (preemption by
 * recomputation). As in vLLM 0.32 ({@code scheduler_reserve_full_isl}) a sequence is admitted only when blocks for its whole
 * prompt are free, although it takes them chunk by chunk.
 */
final class Scheduler {
    private final Sequences seqs;
    private final BlockPool pool;
    private final EngineProfile profile;
    private final EngineStats stats;
    private final LongIntMap fetching;
    private final CacheListener listener;
    private final WaitingLine waiting;
    private int[] running = new int[64];
    private int runningCount;
    private int remote;
    private String fatal = "";

    /** Which adapters a step may have. */
    final AdapterSeats adapters = new AdapterSeats();

    /** The step being scheduled. */
    final StepLoad step = new StepLoad();

    Scheduler(
            Sequences seqs,
            BlockPool pool,
            EngineProfile profile,
            EngineStats stats,
            LongIntMap fetching,
            CacheListener listener) {
        this.seqs = seqs;
        this.pool = pool;
        this.profile = profile;
        this.stats = stats;
        this.fetching = fetching;
        this.listener = listener;
        waiting = new WaitingLine(seqs, profile.priorityPolicy());
    }

    int waiting() {
        return waiting.size();
    }

    int running() {
        return runningCount;
    }

    /** Sequences that wait for another engine's KV, those included that were aborted and wait for its end. */
    int remote() {
        return remote;
    }

    /** Why the engine cannot go on; empty when it can. */
    String fatal() {
        return fatal;
    }

    void fatal(String why) {
        fatal = why;
    }

    /** Gives the blocks of the first so many tokens of a running sequence to somebody else, and frees the others. */
    List<Integer> detach(int slot, int tokens) {
        var count = Math.min(blocksFor(tokens), seqs.blockCount[slot]);
        var held = seqs.blocks[slot];
        var blocks = new ArrayList<Integer>(count);
        for (var i = 0; i < count; i++) {
            blocks.add(held[i]);
        }
        for (var i = seqs.blockCount[slot] - 1; i >= count; i--) {
            pool.release(held[i]);
        }
        seqs.blockCount[slot] = 0;
        seqs.published[slot] = 0;
        return blocks;
    }

    /** Adapters that running sequences use, by number. */
    SortedSet<Integer> runningAdapters() {
        var all = new TreeSet<Integer>();
        for (var i = 0; i < runningCount; i++) {
            if (seqs.lora[running[i]] != 0 && seqs.state[running[i]] == Sequences.RUNNING) {
                all.add(seqs.lora[running[i]]);
            }
        }
        return all;
    }

    /** Adapters that waiting sequences want, by number. */
    SortedSet<Integer> waitingAdapters() {
        var all = new TreeSet<Integer>();
        waiting.adapters(all);
        return all;
    }

    int runningSlot(int index) {
        return running[index];
    }

    int refuseHead() {
        return waiting.poll();
    }

    void enqueue(int slot) {
        waiting.add(slot);
    }

    void leaveQueue(int slot) {
        waiting.leave(slot);
    }

    /** Ends a running sequence; {@link #sweep} takes it off the list. */
    void end(int slot) {
        seqs.state[slot] = Sequences.DEAD;
        releaseBlocks(slot);
    }

    /** Drops the sequences that have ended, whose blocks are back already, from the running list in one pass. */
    void sweep() {
        var kept = 0;
        for (var i = 0; i < runningCount; i++) {
            if (seqs.state[running[i]] == Sequences.RUNNING) {
                running[kept++] = running[i];
            } else {
                seqs.close(running[i]);
            }
        }
        runningCount = kept;
    }

    /** Tail blocks go back first, so that they are forgotten first. */
    private void releaseBlocks(int slot) {
        var held = seqs.blocks[slot];
        for (var i = seqs.blockCount[slot] - 1; i >= 0; i--) {
            pool.release(held[i]);
        }
        seqs.blockCount[slot] = 0;
        seqs.published[slot] = 0;
    }

    /** Decides the next step; false when there is nothing to compute. */
    boolean schedule(long now, EngineSink sink) {
        step.clear();
        var budget = profile.maxNumBatchedTokens();
        var preempted = false;
        sweep();
        for (var i = 0; i < runningCount && budget > 0; i++) {
            var slot = running[i];
            var n = Math.min(seqs.length(slot) - seqs.computed[slot], budget);
            var needed = blocksFor(seqs.computed[slot] + n) - seqs.blockCount[slot];
            var lost = seqs.state[slot] != Sequences.RUNNING;
            while (pool.free() < needed && !lost) {
                var victim = victim();
                lost = running[victim] == slot;
                budget += preempt(victim, now, sink);
                preempted = true;
                i -= victim <= i ? 1 : 0;
                // The sink was told and may have aborted the very sequence that needs the blocks.
                lost |= seqs.state[slot] != Sequences.RUNNING;
            }
            if (lost) {
                continue;
            }
            grant(slot, n, needed);
            budget -= n;
        }
        if (!preempted) {
            adapters.begin(seqs, running, runningCount);
            admit(budget, now, sink);
            waiting.restore();
        }
        return fatal.isEmpty() && !step.isEmpty();
    }

    /** Whether, after a fruitless {@link #schedule}, the head of the queue never fits: it has the whole engine to itself. */
    boolean stuck(boolean pinned) {
        return runningCount == 0 && remote == 0 && !pinned && !waiting.isEmpty();
    }

    private void admit(int tokens, long now, EngineSink sink) {
        var budget = tokens;
        while (budget > 0 && runningCount < profile.maxNumSeqs() && fatal.isEmpty()) {
            if (waiting.isEmpty()) {
                return;
            }
            var slot = waiting.peek();
            if (!adapters.mayJoin(seqs.lora[slot])) {
                waiting.setAside();
                continue;
            }
            if (!takePlace(slot)) {
                return;
            }
            waiting.poll();
            adapters.join(seqs.lora[slot]);
            if (seqs.transfer[slot].pull().isPresent()) {
                fetch(slot, now, sink);
                continue;
            }
            seqs.state[slot] = Sequences.RUNNING;
            if (runningCount == running.length) {
                running = Arrays.copyOf(running, runningCount * 2);
            }
            running[runningCount++] = slot;
            if (!seqs.begun[slot]) {
                seqs.begun[slot] = true;
                seqs.startedAt[slot] = now;
                sink.started(seqs.id[slot], seqs.cached[slot], now);
                if (seqs.state[slot] != Sequences.RUNNING) {
                    continue;
                }
            }
            var n = Math.min(seqs.length(slot) - seqs.computed[slot], budget);
            grant(slot, n, blocksFor(seqs.computed[slot] + n) - seqs.blockCount[slot]);
            budget -= n;
        }
    }

    /** Takes what the cache has of a waiting sequence, when blocks for all of it are free; else changes nothing. */
    private boolean takePlace(int slot) {
        var length = seqs.length(slot);
        if (seqs.blockCount[slot] > 0) {
            // Its blocks came from another engine and wait with it.
            return pool.free() >= blocksFor(length) - seqs.blockCount[slot];
        }
        var hits = profile.prefixCaching() ? hits(slot, length) : 0;
        var reserved = 0;
        for (var i = 0; i < hits; i++) {
            reserved += pool.inUse(pool.find(hash(slot, i))) ? 0 : 1;
        }
        if (pool.free() - reserved < blocksFor(length) - hits) {
            return false;
        }
        seqs.tailHash[slot] = 0;
        for (var i = 0; i < hits; i++) {
            var hash = hash(slot, i);
            var block = pool.find(hash);
            pool.share(block);
            seqs.addBlock(slot, block);
            seqs.tailHash[slot] = hash;
        }
        seqs.published[slot] = hits;
        seqs.computed[slot] = hits * profile.blockSize();
        var first = seqs.cached[slot] < 0;
        if (first) {
            stats.prefixQueries += profile.prefixCaching() ? length : 0;
            stats.prefixHits += seqs.computed[slot];
        }
        seqs.transfer[slot].load().ifPresent(load -> load(slot, load));
        if (first) {
            seqs.cached[slot] = seqs.computed[slot];
        }
        return true;
    }

    /** Reads what a storage has beyond the cache, in the step that is being scheduled. */
    private void load(int slot, KvTransfer.Load load) {
        var from = seqs.computed[slot];
        var until = Math.min(load.tokens(), (seqs.prompt[slot] - 1) / profile.blockSize() * profile.blockSize());
        var tokens = Math.max(0, until - from);
        stats.externalHits += tokens;
        step.loadNanos += tokens * load.nanosPerToken();
        seqs.computed[slot] = from + tokens;
    }

    /** Gives a sequence blocks for what another engine has of its prompt, and asks for the content. */
    private void fetch(int slot, long now, EngineSink sink) {
        var pull = seqs.transfer[slot].pull().orElseThrow();
        var from = seqs.computed[slot];
        var tokens = Math.max(0, Math.min(pull.tokens(), seqs.prompt[slot]) - from);
        var blocks = blocksFor(from + tokens) - seqs.blockCount[slot];
        seqs.state[slot] = Sequences.REMOTE;
        remote++;
        if (pull.defect() == KvTransfer.Defect.NO_BLOCKS) {
            fatal = "no remote_block_ids in kv_transfer_params";
        } else if (blocks > pull.remoteBlocks() && pull.defect() == KvTransfer.Defect.NONE) {
            fatal = "the prompt needs " + blocks + " blocks, kv_transfer_params name " + pull.remoteBlocks();
        } else {
            for (var i = 0; i < blocks; i++) {
                seqs.addBlock(slot, pool.take());
            }
            seqs.external[slot] = tokens;
            stats.externalHits += tokens;
            if (pull.defect() == KvTransfer.Defect.NONE) {
                fetching.put(seqs.id[slot], slot);
                sink.pull(seqs.id[slot], from, tokens, now);
            }
        }
    }

    /** The content of a sequence's blocks is here, or will not come: what is missing is computed here, once it is admitted. */
    void fetched(int slot, boolean complete) {
        remote--;
        seqs.transfer[slot] = seqs.transfer[slot].withoutPull();
        if (complete) {
            // The last token of a prompt is always computed, for its logits.
            seqs.computed[slot] = Math.min(seqs.computed[slot] + seqs.external[slot], seqs.prompt[slot] - 1);
            if (profile.prefixCaching()) {
                publish(slot, seqs.computed[slot] / profile.blockSize());
            }
        } else {
            seqs.external[slot] = 0;
        }
        waiting.addBack(slot);
    }

    /** A sequence that waits for another engine is over; nothing is written to its blocks any more. */
    void dropRemote(int slot) {
        remote--;
        releaseBlocks(slot);
        seqs.close(slot);
    }

    /** Leading blocks in the cache, at most up to the one before the last token, which is always computed anew. */
    private int hits(int slot, int length) {
        var most = (length - 1) / profile.blockSize();
        var hits = 0;
        while (hits < most && hits < seqs.hashes[slot].length && pool.find(seqs.hashes[slot][hits]) >= 0) {
            hits++;
        }
        return hits;
    }

    private long hash(int slot, int block) {
        return seqs.hashes[slot][block];
    }

    private void grant(int slot, int tokens, int newBlocks) {
        var computed = seqs.computed[slot];
        for (var i = 0; i < newBlocks; i++) {
            seqs.addBlock(slot, pool.take());
        }
        seqs.scheduled[slot] = tokens;
        if (profile.prefixCaching()) {
            publish(slot, (computed + tokens) / profile.blockSize());
        }
        step.add(seqs, slot, tokens);
    }

    private void publish(int slot, int full) {
        var known = seqs.hashes[slot];
        var from = seqs.published[slot];
        var parent = seqs.tailHash[slot];
        for (var i = from; i < full; i++) {
            var hash = i < known.length ? known[i] : Hashes.next(seqs.tailHash[slot], seqs.seed[slot]);
            pool.publish(seqs.blocks[slot][i], hash);
            seqs.tailHash[slot] = hash;
            seqs.published[slot] = i + 1;
        }
        if (full > from && !listener.equals(CacheListener.NONE)) {
            var stored = new long[full - from];
            Arrays.setAll(stored, i -> pool.hash(seqs.blocks[slot][from + i]));
            listener.stored(seqs.id[slot], from, parent, stored);
        }
    }

    private int preempt(int victim, long now, EngineSink sink) {
        var slot = running[victim];
        System.arraycopy(running, victim + 1, running, victim, --runningCount - victim);
        var granted = seqs.scheduled[slot];
        if (granted > 0) {
            step.takeBack(seqs, slot, granted);
        }
        releaseBlocks(slot);
        stats.recomputedTokens += seqs.computed[slot];
        seqs.scheduled[slot] = 0;
        seqs.computed[slot] = 0;
        seqs.preemptions[slot]++;
        stats.preemptions++;
        waiting.addBack(slot);
        sink.preempted(seqs.id[slot], now);
        return granted;
    }

    /** The sequence that was admitted last, or under the priority policy the least urgent one. */
    private int victim() {
        var victim = runningCount - 1;
        if (profile.priorityPolicy()) {
            for (var i = victim - 1; i >= 0; i--) {
                victim = waiting.before(running[victim], running[i]) ? i : victim;
            }
        }
        return victim;
    }

    private int blocksFor(int tokens) {
        return (tokens + profile.blockSize() - 1) / profile.blockSize();
    }
}
