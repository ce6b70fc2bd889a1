package dev.sluice.simulator;

import java.util.Arrays;

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
    private final SlotQueue waiting = new SlotQueue();
    private int waitingAlive;
    private int[] running = new int[64];
    private int runningCount;

    // What the step being scheduled consists of.
    int decoding;
    long contextTokens;
    int prefillTokens;
    double prefillContext;

    Scheduler(Sequences seqs, BlockPool pool, EngineProfile profile, EngineStats stats) {
        this.seqs = seqs;
        this.pool = pool;
        this.profile = profile;
        this.stats = stats;
    }

    int waiting() {
        return waitingAlive;
    }

    int running() {
        return runningCount;
    }

    int runningSlot(int index) {
        return running[index];
    }

    /** Takes the head of the queue out for good. */
    int refuseHead() {
        waitingAlive--;
        return waiting.poll();
    }

    void enqueue(int slot) {
        seqs.state[slot] = Sequences.WAITING;
        waitingAlive++;
        if (profile.priorityPolicy()) {
            insertByPriority(slot);
        } else {
            waiting.addLast(slot);
        }
    }

    /** A waiting sequence left: its place in the queue is cleared when its turn comes. */
    void leaveQueue(int slot) {
        seqs.state[slot] = Sequences.DEAD;
        waitingAlive--;
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
        decoding = 0;
        contextTokens = 0;
        prefillTokens = 0;
        prefillContext = 0;
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
            admit(budget, now, sink);
        }
        return decoding + prefillTokens > 0;
    }

    /** Whether, after a fruitless {@link #schedule}, the head of the queue never fits: it has the whole engine to itself. */
    boolean stuck() {
        dropDead();
        return runningCount == 0 && !waiting.isEmpty();
    }

    private void admit(int tokens, long now, EngineSink sink) {
        var budget = tokens;
        while (budget > 0 && runningCount < profile.maxNumSeqs()) {
            dropDead();
            if (waiting.isEmpty()) {
                return;
            }
            var slot = waiting.peek();
            var length = seqs.length(slot);
            var hits = profile.prefixCaching() ? hits(slot, length) : 0;
            var reserved = 0;
            for (var i = 0; i < hits; i++) {
                reserved += pool.inUse(pool.find(hash(slot, i))) ? 0 : 1;
            }
            if (pool.free() - reserved < blocksFor(length) - hits) {
                return;
            }
            waiting.poll();
            waitingAlive--;
            for (var i = 0; i < hits; i++) {
                var hash = hash(slot, i);
                var block = pool.find(hash);
                pool.share(block);
                seqs.addBlock(slot, block);
                seqs.tailHash[slot] = hash;
            }
            if (hits == 0) {
                seqs.tailHash[slot] = 0;
            }
            seqs.published[slot] = hits;
            seqs.computed[slot] = hits * profile.blockSize();
            seqs.state[slot] = Sequences.RUNNING;
            if (runningCount == running.length) {
                running = Arrays.copyOf(running, runningCount * 2);
            }
            running[runningCount++] = slot;
            if (seqs.cached[slot] < 0) {
                seqs.cached[slot] = seqs.computed[slot];
                seqs.startedAt[slot] = now;
                stats.prefixQueries += profile.prefixCaching() ? length : 0;
                stats.prefixHits += seqs.computed[slot];
                sink.started(seqs.id[slot], seqs.cached[slot], now);
                if (seqs.state[slot] != Sequences.RUNNING) {
                    continue;
                }
            }
            var n = Math.min(length - seqs.computed[slot], budget);
            grant(slot, n, blocksFor(seqs.computed[slot] + n) - seqs.blockCount[slot]);
            budget -= n;
        }
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
        if (computed >= seqs.prompt[slot] && tokens == 1) {
            decoding++;
            contextTokens += computed;
        } else {
            prefillTokens += tokens;
            prefillContext += tokens * (computed + tokens * 0.5);
        }
    }

    private void publish(int slot, int full) {
        var known = seqs.hashes[slot];
        for (var i = seqs.published[slot]; i < full; i++) {
            var hash = i < known.length ? known[i] : Hashes.next(seqs.tailHash[slot], seqs.seed[slot]);
            pool.publish(seqs.blocks[slot][i], hash);
            seqs.tailHash[slot] = hash;
            seqs.published[slot] = i + 1;
        }
    }

    private int preempt(int victim, long now, EngineSink sink) {
        var slot = running[victim];
        System.arraycopy(running, victim + 1, running, victim, --runningCount - victim);
        var granted = seqs.scheduled[slot];
        if (granted > 0) {
            takeBack(slot, granted);
        }
        releaseBlocks(slot);
        seqs.scheduled[slot] = 0;
        seqs.computed[slot] = 0;
        seqs.preemptions[slot]++;
        seqs.state[slot] = Sequences.WAITING;
        stats.preemptions++;
        waitingAlive++;
        if (profile.priorityPolicy()) {
            insertByPriority(slot);
        } else {
            waiting.addFirst(slot);
        }
        sink.preempted(seqs.id[slot], now);
        return granted;
    }

    /** The sequence that was admitted last, or under the priority policy the least urgent one. */
    private int victim() {
        var victim = runningCount - 1;
        if (profile.priorityPolicy()) {
            for (var i = victim - 1; i >= 0; i--) {
                victim = before(running[victim], running[i]) ? i : victim;
            }
        }
        return victim;
    }

    private void takeBack(int slot, int tokens) {
        var computed = seqs.computed[slot];
        if (computed >= seqs.prompt[slot] && tokens == 1) {
            decoding--;
            contextTokens -= computed;
        } else {
            prefillTokens -= tokens;
            prefillContext -= tokens * (computed + tokens * 0.5);
        }
    }

    private void insertByPriority(int slot) {
        var at = waiting.size();
        while (at > 0 && before(slot, waiting.get(at - 1))) {
            at--;
        }
        waiting.insert(at, slot);
    }

    private boolean before(int a, int b) {
        return seqs.priority[a] != seqs.priority[b]
                ? seqs.priority[a] < seqs.priority[b]
                : seqs.order[a] < seqs.order[b];
    }

    private void dropDead() {
        while (!waiting.isEmpty() && seqs.state[waiting.peek()] == Sequences.DEAD) {
            seqs.close(waiting.poll());
        }
    }

    private int blocksFor(int tokens) {
        return (tokens + profile.blockSize() - 1) / profile.blockSize();
    }
}
