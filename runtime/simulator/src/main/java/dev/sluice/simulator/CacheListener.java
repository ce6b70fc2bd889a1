package dev.sluice.simulator;

/**
 * What happens to an engine's prefix cache, told inside the call that does it. In virtual time a precise index can be fed by this
 * directly; on the wall clock it becomes KV events.
 */
public interface CacheListener {
    /** Listens to nothing. */
    CacheListener NONE = new CacheListener() {
        @Override
        public void stored(long id, int firstBlock, long parent, long[] hashes) {}

        @Override
        public void removed(long hash) {}

        @Override
        public void cleared() {}

        @Override
        public void stepped(long atNanos) {}
    };

    /**
     * Consecutive full blocks of a sequence became hittable.
     *
     * @param id of the sequence
     * @param firstBlock index of the first one in the sequence
     * @param parent hash of the block before it; 0 when there is none
     * @param hashes of the blocks
     */
    void stored(long id, int firstBlock, long parent, long[] hashes);

    /** A block gave up this content. Others may have it still: each of them was told as stored, and each will be as removed. */
    void removed(long hash);

    /** The cache was emptied. */
    void cleared();

    /** A step ended; vLLM publishes now what it collected since the last one. */
    void stepped(long atNanos);
}
