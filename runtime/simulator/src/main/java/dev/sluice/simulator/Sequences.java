package dev.sluice.simulator;

import java.util.Arrays;

/**
 * All sequences of an engine as a struct of arrays: a slot is an index into each. A step walks a few of these arrays front to
 * back, which is what makes millions of token events per second possible in virtual time.
 */
final class Sequences {
    static final byte FREE = 0;
    static final byte PENDING = 1;
    static final byte WAITING = 2;
    static final byte RUNNING = 3;
    /** Aborted while in a queue; the slot is freed when the queue gets to it. */
    static final byte DEAD = 4;
    /** Has blocks and waits for their content from another engine. */
    static final byte REMOTE = 5;
    /** Aborted while its blocks are being written to; they are freed when that is over. */
    static final byte DEAD_REMOTE = 6;

    private static final long[] NO_HASHES = {};
    private static final int[] NO_BLOCKS = {};
    long[] id = new long[64];
    byte[] state = new byte[64];
    int[] prompt = new int[64];
    int[] output = new int[64];
    int[] maxTokens = new int[64];
    int[] priority = new int[64];
    long[] order = new long[64];
    int[] generated = new int[64];
    /** Tokens whose KV is in the cache. */
    int[] computed = new int[64];
    /** Tokens in the step that is running; 0 when not part of it. */
    int[] scheduled = new int[64];
    /** Tokens found in the cache at the first admission; -1 before it. */
    int[] cached = new int[64];
    /** Tokens that came from another engine. */
    int[] external = new int[64];

    boolean[] begun = new boolean[64];
    /** Number of its adapter; 0 for none. */
    int[] lora = new int[64];

    KvTransfer[] transfer = new KvTransfer[64];

    int[] preemptions = new int[64];
    long[] readyAt = new long[64];
    long[] submittedAt = new long[64];
    long[] startedAt = new long[64];
    long[] firstTokenAt = new long[64];
    long[] lastTokenAt = new long[64];
    long[] seed = new long[64];
    long[] tailHash = new long[64];
    long[][] hashes = new long[64][];
    int[][] blocks = new int[64][];
    int[] blockCount = new int[64];
    /** Leading blocks that carry a hash. */
    int[] published = new int[64];

    private int[] freeSlots = new int[64];
    private int freeCount;
    private int used;

    int open(EngineRequest r, long arrival, long now, long ready) {
        var slot = freeCount > 0 ? freeSlots[--freeCount] : used++;
        if (slot == id.length) {
            grow();
        }
        id[slot] = r.id();
        state[slot] = PENDING;
        prompt[slot] = r.promptTokens();
        output[slot] = r.outputTokens();
        maxTokens[slot] = r.maxTokens();
        priority[slot] = r.priority();
        order[slot] = arrival;
        generated[slot] = 0;
        computed[slot] = 0;
        scheduled[slot] = 0;
        cached[slot] = -1;
        external[slot] = 0;
        begun[slot] = false;
        lora[slot] = r.lora();
        transfer[slot] = r.transfer();
        preemptions[slot] = 0;
        readyAt[slot] = ready;
        submittedAt[slot] = now;
        seed[slot] = r.outputSeed();
        tailHash[slot] = 0;
        hashes[slot] = r.blocks();
        blocks[slot] = NO_BLOCKS;
        blockCount[slot] = 0;
        published[slot] = 0;
        return slot;
    }

    void close(int slot) {
        state[slot] = FREE;
        hashes[slot] = NO_HASHES;
        blocks[slot] = NO_BLOCKS;
        transfer[slot] = KvTransfer.NONE;
        if (freeCount == freeSlots.length) {
            freeSlots = Arrays.copyOf(freeSlots, freeCount * 2);
        }
        freeSlots[freeCount++] = slot;
    }

    /** Tokens that the sequence has by now; all of them must be computed before the next one comes. */
    int length(int slot) {
        return prompt[slot] + generated[slot];
    }

    void addBlock(int slot, int block) {
        var held = blocks[slot];
        var n = blockCount[slot];
        if (n == held.length) {
            held = Arrays.copyOf(held, Math.max(8, n + (n >> 1)));
            blocks[slot] = held;
        }
        held[n] = block;
        blockCount[slot] = n + 1;
    }

    Usage usage(int slot) {
        return new Usage(prompt[slot], Math.max(0, cached[slot]), generated[slot]);
    }

    private void grow() {
        var n = id.length * 2;
        id = Arrays.copyOf(id, n);
        state = Arrays.copyOf(state, n);
        prompt = Arrays.copyOf(prompt, n);
        output = Arrays.copyOf(output, n);
        maxTokens = Arrays.copyOf(maxTokens, n);
        priority = Arrays.copyOf(priority, n);
        order = Arrays.copyOf(order, n);
        generated = Arrays.copyOf(generated, n);
        computed = Arrays.copyOf(computed, n);
        scheduled = Arrays.copyOf(scheduled, n);
        cached = Arrays.copyOf(cached, n);
        external = Arrays.copyOf(external, n);
        begun = Arrays.copyOf(begun, n);
        lora = Arrays.copyOf(lora, n);
        transfer = Arrays.copyOf(transfer, n);
        preemptions = Arrays.copyOf(preemptions, n);
        readyAt = Arrays.copyOf(readyAt, n);
        submittedAt = Arrays.copyOf(submittedAt, n);
        startedAt = Arrays.copyOf(startedAt, n);
        firstTokenAt = Arrays.copyOf(firstTokenAt, n);
        lastTokenAt = Arrays.copyOf(lastTokenAt, n);
        seed = Arrays.copyOf(seed, n);
        tailHash = Arrays.copyOf(tailHash, n);
        hashes = Arrays.copyOf(hashes, n);
        blocks = Arrays.copyOf(blocks, n);
        blockCount = Arrays.copyOf(blockCount, n);
        published = Arrays.copyOf(published, n);
    }
}
