package dev.sluice.core.kv;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which engine holds which blocks, as the engines say themselves.
 *
 * <p><b>Keys.</b> Engines name blocks by hashes whose algorithm and seed are their own business. Here a block is named by a
 * hash over the token ids that the event brings and the key of the block before it ({@link BlockKeys}); the engine's hash only leads
 * from later events to the block. A store whose parent is unknown can't be named and is dropped: it can't be used
 * for a prefix either.
 *
 * <p><b>Lanes.</b> A lane is one stream of events: an engine, or one data-parallel rank of it. What one lane says changes nothing
 * that belongs to others, and it can't make the index keep more for it than its limit; beyond the bound for all, the lane that
 * holds most forgets its oldest blocks.
 *
 * <p><b>Threads.</b> One thread at a time applies, opens and closes; {@link #match} and the counts may be called by any
 * thread at any time and wait for nobody (see {@link Nodes} for why that is right).
 */
public final class BlockIndex {
    private static final VarHandle PAIRS;

    static {
        try {
            PAIRS = MethodHandles.lookup().findVarHandle(BlockIndex.class, "pairs", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final BlockKeys keys;
    private final long mostPairs;
    private final Blocks blocks = new Blocks();
    private final LaneWriter writer;
    private final List<@Nullable LaneBlocks> lanes = new ArrayList<>();
    private long pairs;
    /**
     * An empty index.
     *
     * @param secret of its keys: any number that others don't know
     * @param mostPairs pairs of a block and a lane that it keeps, 1 to some 16 million; each costs at most some 40 bytes
     */
    public BlockIndex(long secret, long mostPairs) {
        this.keys = new BlockKeys(secret);
        this.writer = new LaneWriter(keys, blocks);
        this.mostPairs = Math.clamp(mostPairs, 1, Nodes.MOST);
    }

    /** Names of blocks in this index. */
    public BlockKeys keys() {
        return keys;
    }

    /** Pairs of a block and a lane that holds it. */
    public long pairs() {
        return (long) PAIRS.getOpaque(this);
    }

    /** How much of a prompt each lane holds; returns the most blocks that one does. */
    public int match(long[] chain, int count, Match match) {
        match.begin();
        blocks.nodes.match(chain, count, match);
        return match.end();
    }

    /**
     * Opens a lane: the smallest number that is free.
     *
     * @param limit blocks that it may hold, at least 1
     */
    public int open(int limit) {
        int number = lanes.indexOf(null);
        if (number < 0) {
            number = lanes.size();
            lanes.add(null);
        }
        lanes.set(number, new LaneBlocks(number, keys.secret(), limit));
        return number;
    }

    /** Forgets all of a lane; its number may be given to another. */
    public void close(int lane) {
        clear(lane);
        lanes.set(lane, null);
    }

    /** Blocks that a lane holds. */
    public int size(int lane) {
        return lane(lane).size();
    }

    /** Changes how many blocks a lane may hold, at least 1. */
    public void limit(int lane, int most) {
        LaneBlocks own = lane(lane);
        own.limit(most);
        bound(own);
    }

    /** Forgets all of a lane. */
    public void clear(int lane) {
        LaneBlocks own = lane(lane);
        count(-own.size());
        own.clear(node -> blocks.change(node, lane, 0));
    }

    /**
     * Applies what an engine said.
     *
     * @return blocks that could not be understood: stores without a known parent, tiers of unknown blocks, counts that don't fit
     */
    public int apply(int lane, KvEvent event) {
        LaneBlocks own = lane(lane);
        int before = own.size();
        int odd = 0;
        switch (event) {
            case KvEvent.Stored stored -> odd = writer.store(own, stored);
            case KvEvent.Removed removed -> writer.remove(own, removed);
            case KvEvent.Cleared cleared -> own.clear(node -> blocks.change(node, lane, 0));
        }
        count(own.size() - before);
        bound(own);
        return odd;
    }

    /**
     * Corrects the index: an engine was found to hold only the first blocks of a prompt.
     *
     * @param keep how many
     */
    public void truncate(int lane, long[] chain, int count, int keep) {
        LaneBlocks own = lane(lane);
        int before = own.size();
        writer.truncate(own, chain, count, keep);
        count(own.size() - before);
    }

    /** Writes what a lane holds, so that {@link #read} can put it back: for a snapshot. */
    public void write(int lane, DataOutput out) throws IOException {
        LaneImage.write(lane(lane), blocks.nodes, out);
    }

    /**
     * Puts back what {@link #write} wrote, into a lane that holds nothing, in an index with the same secret.
     *
     * @throws IOException when it is not what was written; then the lane holds some of it and should be cleared
     */
    public void read(int lane, DataInput in) throws IOException {
        LaneBlocks own = lane(lane);
        int before = own.size();
        try {
            LaneImage.read(own, blocks, in);
        } finally {
            count(own.size() - before);
            bound(own);
        }
    }

    private void count(long more) {
        PAIRS.setOpaque(this, pairs + more);
    }

    private void bound(LaneBlocks own) {
        if (own.size() > own.limit()) {
            shrink(own, own.limit());
        }
        while (pairs > mostPairs) {
            LaneBlocks largest = largest();
            int size = largest.size();
            shrink(largest, (int) Math.max(0, size - Math.max(1 + size / 64, pairs - mostPairs)));
        }
        blocks.tidy();
    }

    private void shrink(LaneBlocks own, int most) {
        int before = own.size();
        own.shrink(most, node -> blocks.change(node, own.lane(), 0));
        count(own.size() - before);
    }

    private LaneBlocks largest() {
        LaneBlocks largest = null;
        for (LaneBlocks lane : lanes) {
            if (lane != null && (largest == null || lane.size() > largest.size())) {
                largest = lane;
            }
        }
        return Objects.requireNonNull(largest);
    }

    /** Blocks that somebody holds. */
    public int nodes() {
        return blocks.nodes.size();
    }

    int sets() {
        return blocks.sets();
    }

    private LaneBlocks lane(int number) {
        LaneBlocks lane = lanes.get(number);
        if (lane == null) {
            throw new IllegalArgumentException("lane " + number + " is closed");
        }
        return lane;
    }
}
