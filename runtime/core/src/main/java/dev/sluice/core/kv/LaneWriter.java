package dev.sluice.core.kv;

import dev.sluice.core.index.Xxh64;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * Applies events to a lane. Nearly all of its time is waiting for memory, so blocks are taken in groups: first everything is
 * computed that needs no memory, then all places that the group will need are looked at in loops so short that a processor waits for
 * all of them at once, and only then they are changed.
 */
final class LaneWriter {
    private static final int GROUP = 16;

    private final BlockKeys keys;
    private final Blocks blocks;
    private final Nodes nodes;
    private final long[] group = new long[GROUP];
    private final long[] ahead = new long[GROUP];
    /** What was looked at: keeps a compiler from leaving it out. */
    @SuppressWarnings("UnusedVariable")
    private int touched;

    LaneWriter(BlockKeys keys, Blocks blocks) {
        this.keys = keys;
        this.blocks = blocks;
        this.nodes = blocks.nodes;
    }

    /** Notes blocks that were stored; returns how many of them could not be understood. */
    int store(LaneBlocks own, KvEvent.Stored event) {
        int count = event.hashes().length;
        if (event.tokens().length == 0) {
            return moved(own, event);
        }
        if (event.blockSize() < 1 || event.tokens().length != (long) count * event.blockSize()) {
            return count;
        }
        int node = -1;
        long key = keys.root(event.blockSize(), event.adapter());
        OptionalLong parent = event.parent();
        if (parent.isPresent()) {
            int cell = own.find(parent.getAsLong());
            if (cell < 0) {
                return count;
            }
            node = own.node(cell);
            key = nodes.key(node);
        }
        for (int from = 0; from < count; from += GROUP) {
            int to = Math.min(count, from + GROUP);
            names(own, event, key, from, to);
            for (int i = from; i < to; i++) {
                node = block(own, event.hashes()[i], group[i - from], node, event.tier());
                if (node < 0) {
                    return count - i;
                }
            }
            key = group[to - from - 1];
        }
        return 0;
    }

    private void names(LaneBlocks own, KvEvent.Stored event, long before, int from, int to) {
        int size = event.blockSize();
        for (int i = from; i < to; i++) {
            group[i - from] = Xxh64.hash(event.tokens(), i * size, size);
        }
        long[] extras = event.extras();
        long key = before;
        for (int i = from; i < to; i++) {
            key = BlockKeys.link(key, group[i - from], i < extras.length ? extras[i] : 0);
            group[i - from] = key;
        }
        long[] hashes = event.hashes();
        int seen = 0;
        for (int i = from; i < to; i++) {
            seen ^= own.touch(hashes[i]);
        }
        for (int i = 0; i < to - from; i++) {
            seen ^= nodes.touch(group[i]);
        }
        touched = seen;
    }

    /** Notes one block; returns its node, or -1 when the engine uses one hash for two different blocks. */
    private int block(LaneBlocks own, long hash, long key, int behind, Tier tier) {
        int cell = own.find(hash);
        if (cell >= 0) {
            int known = own.node(cell);
            if (nodes.key(known) != key) {
                return -1;
            }
            blocks.change(known, own.lane(), own.more(cell, tier));
            return known;
        }
        int node = blocks.hold(key, behind, own.lane(), tier.bit());
        if (node < 0) {
            // Two hashes for one block: the first counts.
            return nodes.find(key);
        }
        own.put(hash, node, LaneBlocks.one(tier));
        return node;
    }

    /** Blocks that are known have come to a further tier. */
    private int moved(LaneBlocks own, KvEvent.Stored event) {
        int odd = 0;
        for (long hash : event.hashes()) {
            int cell = own.find(hash);
            if (cell < 0) {
                odd++;
            } else {
                blocks.change(own.node(cell), own.lane(), own.more(cell, event.tier()));
            }
        }
        return odd;
    }

    /** Notes that blocks have left a tier. */
    void remove(LaneBlocks own, KvEvent.Removed event) {
        long[] hashes = event.hashes();
        for (int from = 0; from < hashes.length; from += GROUP) {
            int many = Math.min(hashes.length - from, GROUP);
            find(own, hashes, from, many);
            for (int i = 0; i < many; i++) {
                remove(own, (int) group[i], hashes[from + i], event.tier());
            }
        }
        own.trim();
    }

    /** Finds the cells of a group, and looks at what they lead to, level by level. */
    private void find(LaneBlocks own, long[] hashes, int from, int many) {
        int seen = 0;
        for (int i = 0; i < many; i++) {
            seen ^= own.touch(hashes[from + i]);
        }
        for (int i = 0; i < many; i++) {
            group[i] = own.find(hashes[from + i]);
        }
        for (int i = 0; i < many; i++) {
            ahead[i] = group[i] < 0 ? 0 : nodes.key(own.node((int) group[i]));
        }
        for (int i = 0; i < many; i++) {
            seen ^= nodes.touch(ahead[i]);
        }
        touched = seen;
    }

    private void remove(LaneBlocks own, int cell, long hash, Tier tier) {
        // The same hash twice in one event: it may have left with the first.
        if (cell < 0 || own.counts(cell) == 0 || own.hash(cell) != hash) {
            return;
        }
        int node = own.node(cell);
        int left = own.less(cell, tier);
        if (left == 0) {
            own.remove(cell);
        }
        blocks.change(node, own.lane(), left);
    }

    /** Takes out what the lane is believed to hold of a prompt behind its first blocks. */
    void truncate(LaneBlocks own, long[] chain, int count, int keep) {
        int[] gone = new int[Math.max(0, count - keep)];
        int n = 0;
        for (int i = keep; i < count; i++) {
            int node = nodes.find(chain[i]);
            if (node >= 0 && blocks.holds(node, own.lane())) {
                gone[n++] = node;
            }
        }
        if (n > 0) {
            int[] sorted = Arrays.copyOf(gone, n);
            Arrays.sort(sorted);
            own.forget(sorted, node -> blocks.change(node, own.lane(), 0));
        }
    }
}
