package dev.sluice.simulator.transfer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.Hashes;

/**
 * The kinds without legs of their own: whatever an engine computes goes to a storage that all engines see, under a name made of the
 * token ids alone, so cache salts and adapters do not separate anything (a real ExampleConnector was seen to ignore salts).
 * The files kind finds a prompt whole, up to its last full block, or not at all; LMCache finds leading chunks.
 */
final class StorageConnector implements Connector {
    private static final int CHUNK = 256;
    private final Store store;
    private final boolean chunks;
    private final int blockSize;

    StorageConnector(Store store, boolean chunks, int blockSize) {
        this.store = store;
        this.chunks = chunks;
        this.blockSize = blockSize;
    }

    @Override
    public Wish wish(ObjectNode body, ObjectNode params, String requestId, int promptTokens) {
        return Wish.NONE;
    }

    /** Leading tokens of a prompt that the storage has. */
    int find(int[] prompt) {
        if (!chunks) {
            var whole = whole(prompt);
            return whole.length > 0 && store.has(whole[0]) ? aligned(prompt) : 0;
        }
        var found = 0;
        for (var name : Hashes.ofTokens(prompt, CHUNK, "", "")) {
            if (!store.has(name)) {
                break;
            }
            found += CHUNK;
        }
        return Math.min(found, aligned(prompt));
    }

    /** Everything of this prompt is in the storage from now on. */
    void put(int[] prompt) {
        for (var name : chunks ? Hashes.ofTokens(prompt, CHUNK, "", "") : whole(prompt)) {
            store.put(name);
        }
    }

    private long[] whole(int[] prompt) {
        return aligned(prompt) == 0 ? new long[0] : Hashes.ofTokens(prompt, aligned(prompt), "", "");
    }

    private int aligned(int[] prompt) {
        return (prompt.length - 1) / blockSize * blockSize;
    }
}
