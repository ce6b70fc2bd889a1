package dev.sluice.simulator;

import java.nio.charset.StandardCharsets;

/**
 * The model's own 64-bit block hashes: a chain over (parent, tokens), rooted in the cache salt and the LoRA name, so that two
 * prompts share a block's hash exactly when they share every token up to its end, the salt and the adapter. Not vLLM's wire
 * hashes; those belong to KV events.
 */
public final class Hashes {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Hashes() {}

    /** The parent of a first block. Empty strings mean none. */
    public static long root(String cacheSalt, String lora) {
        return combine(text(cacheSalt), text(lora));
    }

    /**
     * Hashes of all full blocks of the tokens, in order; {@code tokens.length / blockSize} of them.
     *
     * @param blockSize tokens in a block, at least 1
     */
    public static long[] ofTokens(int[] tokens, int blockSize, String cacheSalt, String lora) {
        var hashes = new long[tokens.length / blockSize];
        var parent = root(cacheSalt, lora);
        for (var block = 0; block < hashes.length; block++) {
            for (var i = block * blockSize; i < (block + 1) * blockSize; i++) {
                parent = combine(parent, tokens[i]);
            }
            hashes[block] = parent;
        }
        return hashes;
    }

    /**
     * Hash of the next block when its content is known only by a number, for prompts that are never materialised: the same
     * parent and content give the same block. Generated blocks past the hashes that a request brought are made this way from
     * its {@link EngineRequest#outputSeed()}.
     */
    public static long next(long parent, long content) {
        return combine(parent, content);
    }

    static long text(String text) {
        var hash = GOLDEN;
        for (var b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ b) * 0x100000001B3L;
        }
        return mix(hash);
    }

    static long combine(long parent, long value) {
        return mix(parent * 31 + value + GOLDEN);
    }

    /** SplitMix64's finaliser: a bijection that spreads every input bit. */
    static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
