package dev.sluice.core.kv;

import dev.sluice.core.index.Xxh64;
import java.util.Arrays;

/**
 * Our own names for blocks: a chain of hashes over token ids, so that an engine's hash algorithm and seed do not matter. The
 * same function names the blocks of a prompt and those of an engine's events.
 *
 * <p>{@code key_i = H(H(tokens of block i) ‖ key_{i-1})}, mixed with what else distinguishes the block; the start of the chain
 * is made of a secret, the block size and the adapter. Blocks are hashed independently of each other, so that a processor
 * overlaps them, and only two words wait for the key before. The secret keeps whoever writes prompts from making keys that
 * crowd one corner of a hash table.
 */
public final class BlockKeys {
    private final long secret;

    /** Keys that begin with this secret. */
    public BlockKeys(long secret) {
        this.secret = secret;
    }

    long secret() {
        return secret;
    }

    /**
     * Start of a chain.
     *
     * @param blockSize tokens per block, at least 1
     * @param adapter the LoRA adapter; empty for none
     */
    public long root(int blockSize, String adapter) {
        return Xxh64.hash(adapter, Xxh64.hash(blockSize, secret));
    }

    /** Key of the block with {@code size} tokens from {@code at}, behind the block with that key. */
    public static long next(long before, int[] tokens, int at, int size, long extra) {
        return link(before, Xxh64.hash(tokens, at, size), extra);
    }

    static long link(long before, long block, long extra) {
        long key = Xxh64.hash(block, before);
        return extra == 0 ? key : Xxh64.hash(extra, key);
    }

    /** What distinguishes a block beside its tokens, such as a salt or the image behind placeholders, as one number, never 0. */
    public static long extra(String item, long before) {
        long extra = Xxh64.hash(item, before);
        return extra == 0 ? 1 : extra;
    }

    /**
     * Keys of a prompt's full blocks.
     *
     * @param count tokens that count
     * @param extras per block, 0 for nothing; blocks beyond its length have nothing
     */
    public long[] of(int[] tokens, int count, int blockSize, String adapter, long[] extras) {
        long[] keys = new long[count / blockSize];
        return Arrays.copyOf(keys, fill(keys, tokens, blockSize, adapter, extras));
    }

    private int fill(long[] keys, int[] tokens, int blockSize, String adapter, long[] extras) {
        long key = root(blockSize, adapter);
        for (int i = 0; i < keys.length; i++) {
            key = next(key, tokens, i * blockSize, blockSize, i < extras.length ? extras[i] : 0);
            keys[i] = key;
        }
        return keys.length;
    }
}
