package dev.sluice.simulator;

import java.util.Arrays;

/**
 * vLLM's block pool: one LRU list of the blocks that nobody uses. A block keeps its hash when its last user leaves and stays
 * hittable until it is taken from the head of the list for something else; requests return their blocks tail first, so the
 * ends of prompts are forgotten before their shared beginnings (reference: vLLM automatic prefix caching).
 *
 * <p>Two blocks may carry the same hash when two requests filled them at the same time. As in vLLM both are kept; the map knows
 * the newest and each knows the next.
 *
 * <p>Invariant: {@code free + used + withdrawn == total}, and a block is in the list exactly when its reference count is 0 and it
 * is not withdrawn.
 */
final class BlockPool {
    private static final int NONE = -1;
    private final int total;
    private final CacheListener listener;
    private final int[] refs;
    private final long[] hash;
    private final boolean[] hashed;
    private final int[] twin;
    private final int[] next;
    private final int[] prev;
    private final int[] withdrawn;
    private final LongIntMap byHash;
    private int head = NONE;
    private int tail = NONE;
    private int free;
    private int withdrawnCount;
    private int target;
    private long evictions;

    BlockPool(int blocks, CacheListener listener) {
        this.listener = listener;
        if (blocks < 1) {
            throw new IllegalArgumentException("a cache needs at least one block, not " + blocks);
        }
        total = blocks;
        target = blocks;
        refs = new int[blocks];
        hash = new long[blocks];
        hashed = new boolean[blocks];
        twin = new int[blocks];
        next = new int[blocks];
        prev = new int[blocks];
        withdrawn = new int[blocks];
        byHash = new LongIntMap(blocks);
        Arrays.fill(twin, NONE);
        for (var block = 0; block < blocks; block++) {
            append(block);
        }
    }

    int total() {
        return total;
    }

    /** Blocks in service: the total less those withdrawn by {@link #resize}. */
    int capacity() {
        return target;
    }

    int free() {
        return free;
    }

    int used() {
        return total - free - withdrawnCount;
    }

    long evictions() {
        return evictions;
    }

    /** Blocks whose content can be hit. */
    int cachedHashes() {
        return byHash.size();
    }

    /** The block with this content, or -1. */
    int find(long contentHash) {
        return byHash.get(contentHash);
    }

    /** Whether this block has this content. */
    boolean holds(int block, long contentHash) {
        return block >= 0 && block < total && hashed[block] && hash[block] == contentHash;
    }

    long hash(int block) {
        return hash[block];
    }

    boolean inUse(int block) {
        return refs[block] > 0;
    }

    /** One more user for a cached block. */
    void share(int block) {
        if (refs[block]++ == 0) {
            unlink(block);
        }
    }

    /** Takes the block that was least recently used and forgets its content. Only when {@link #free()} is above 0. */
    int take() {
        var block = head;
        unlink(block);
        forget(block);
        refs[block] = 1;
        return block;
    }

    /** Makes a full block hittable. */
    void publish(int block, long contentHash) {
        if (hashed[block]) {
            forget(block);
        }
        hash[block] = contentHash;
        hashed[block] = true;
        twin[block] = byHash.put(contentHash, block);
    }

    /** One user less; the last one returns the block to the young end of the list. */
    void release(int block) {
        if (refs[block] <= 0) {
            throw new IllegalStateException("block " + block + " released once too often");
        }
        if (--refs[block] == 0) {
            append(block);
            withdraw();
        }
    }

    /** Forgets all contents that nobody uses, without a word to the listener. */
    void reset() {
        for (var block = head; block != NONE; block = next[block]) {
            unname(block);
        }
    }

    /** Changes the number of blocks in service, 1 to {@link #total()}: at once for unused blocks, for others as they come back. */
    void resize(int blocks) {
        target = Math.clamp(blocks, 1, total);
        while (withdrawnCount > total - target) {
            append(withdrawn[--withdrawnCount]);
        }
        withdraw();
    }

    private void withdraw() {
        while (withdrawnCount < total - target && head != NONE) {
            var block = head;
            unlink(block);
            forget(block);
            withdrawn[withdrawnCount++] = block;
        }
    }

    private void forget(int block) {
        if (hashed[block]) {
            listener.removed(hash[block]);
            unname(block);
        }
    }

    private void unname(int block) {
        if (!hashed[block]) {
            return;
        }
        hashed[block] = false;
        var first = byHash.get(hash[block]);
        if (first == block) {
            if (twin[block] == NONE) {
                byHash.remove(hash[block]);
                evictions++;
            } else {
                byHash.put(hash[block], twin[block]);
            }
        } else {
            var at = first;
            while (twin[at] != block) {
                at = twin[at];
            }
            twin[at] = twin[block];
        }
        twin[block] = NONE;
    }

    private void append(int block) {
        next[block] = NONE;
        prev[block] = tail;
        if (tail == NONE) {
            head = block;
        } else {
            next[tail] = block;
        }
        tail = block;
        free++;
    }

    private void unlink(int block) {
        if (prev[block] == NONE) {
            head = next[block];
        } else {
            next[prev[block]] = next[block];
        }
        if (next[block] == NONE) {
            tail = prev[block];
        } else {
            prev[next[block]] = prev[block];
        }
        free--;
    }
}
