package dev.sluice.simulator.events;

import java.util.List;
import java.util.Optional;

/** What happened to an engine's prefix cache. Hashes are digests; how much of them is sent is the encoder's business. */
public sealed interface KvEvent {
    /**
     * Consecutive full blocks of one request became cached.
     *
     * @param hashes of the blocks
     * @param parent of the first one; empty when it begins a prompt
     * @param tokens all of their token ids
     * @param blockSize tokens in a block
     * @param loraId number of the adapter, 0 for none
     * @param medium where they are: {@code GPU}, {@code CPU}
     * @param loraName of the adapter, empty for none
     * @param extraKeys what is hashed besides tokens, for each block: adapter, salt
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Stored(
            List<byte[]> hashes,
            Optional<byte[]> parent,
            int[] tokens,
            int blockSize,
            int loraId,
            String medium,
            String loraName,
            List<List<String>> extraKeys)
            implements KvEvent {}

    /** Blocks are not cached any more, in this medium. */
    record Removed(List<byte[]> hashes, String medium) implements KvEvent {}

    /** Nothing is cached any more. */
    record Cleared() implements KvEvent {}
}
