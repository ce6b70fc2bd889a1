package dev.sluice.core.kv;

import java.util.OptionalLong;

/** Prompts and the events of engines that compute them. An engine's hashes are made of a seed of its own. */
final class Prompts {
    static final int BLOCK = 4;

    private Prompts() {}

    /** Tokens of a prompt: block i is made of word i. */
    static int[] tokens(int... words) {
        int[] tokens = new int[words.length * BLOCK];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = words[i / BLOCK] * 100 + i % BLOCK;
        }
        return tokens;
    }

    static long[] keys(BlockIndex index, int... words) {
        return index.keys().of(tokens(words), words.length * BLOCK, BLOCK, "", new long[0]);
    }

    /** An engine's hash of the first blocks of a prompt. */
    static long hash(int seed, int count, int... words) {
        long hash = seed;
        for (int i = 0; i < count; i++) {
            hash = hash * 1_000_003 + words[i] + 1;
        }
        return hash;
    }

    /** Blocks {@code from} to {@code to} of a prompt are stored. */
    static KvEvent.Stored stored(int seed, int from, int to, int... words) {
        return stored(Tier.GPU, "", seed, from, to, words);
    }

    static KvEvent.Stored stored(Tier tier, String adapter, int seed, int from, int to, int... words) {
        int[] all = tokens(words);
        int[] tokens = java.util.Arrays.copyOfRange(all, from * BLOCK, to * BLOCK);
        OptionalLong parent = from == 0 ? OptionalLong.empty() : OptionalLong.of(hash(seed, from, words));
        return new KvEvent.Stored(
                tier, adapter, BLOCK, hashes(seed, from, to, words), parent, tokens, new long[0]);
    }

    static KvEvent.Removed removed(Tier tier, int seed, int from, int to, int... words) {
        return new KvEvent.Removed(tier, hashes(seed, from, to, words));
    }

    static long[] hashes(int seed, int from, int to, int... words) {
        long[] hashes = new long[to - from];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = hash(seed, from + i + 1, words);
        }
        return hashes;
    }
}
