package dev.sluice.core.kv;

import java.util.OptionalLong;

/** One thing that happened in an engine's prefix cache. Hashes are the engine's own, as unsigned 64 bits. */
public sealed interface KvEvent {
    /**
     * Blocks that follow each other have become usable in a tier.
     *
     * @param adapter the LoRA adapter; empty for none
     * @param blockSize tokens per block
     * @param hashes one per block
     * @param parent hash of the block before the first; empty at the start of a prompt
     * @param tokens all their tokens, or none when blocks that are known have come to a further tier
     * @param extras per block what {@link BlockKeys#extra} makes of everything else that distinguishes it, 0 for nothing; or
     *     empty when there is nothing for any of them
     */
    record Stored(
            Tier tier, String adapter, int blockSize, long[] hashes, OptionalLong parent, int[] tokens, long[] extras)
            implements KvEvent {}

    /** Blocks have left a tier. */
    record Removed(Tier tier, long[] hashes) implements KvEvent {}

    /** The cache is empty. */
    record Cleared() implements KvEvent {}
}
