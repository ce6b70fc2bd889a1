package dev.sluice.gateway.kv;

/**
 * A prompt's full blocks by the names of a pool's precise index.
 *
 * @param tokens of the whole prompt; of the part that is known where it is not whole
 * @param blockSize tokens per block
 * @param keys one per full block. Not to be changed
 * @param whole false when the prompt goes on and nobody knows how
 */
public record PromptKeys(int tokens, int blockSize, long[] keys, boolean whole) {
    /** Leading blocks that an engine may be found to hold: it always computes the last token. */
    int most() {
        return whole ? Math.min(keys.length, (tokens - 1) / blockSize) : keys.length;
    }
}
