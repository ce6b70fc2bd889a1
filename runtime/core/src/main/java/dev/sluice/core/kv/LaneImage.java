package dev.sluice.core.kv;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/** What a lane holds, as bytes: the number of blocks, then hash, key and counts of each, in the order of the chains in memory. */
final class LaneImage {
    private LaneImage() {}

    static void write(LaneBlocks own, Nodes nodes, DataOutput out) throws IOException {
        long[] order = new long[own.size()];
        int n = 0;
        for (int cell = own.taken(0); cell >= 0; cell = own.taken(LaneBlocks.behind(cell))) {
            order[n++] = (long) own.node(cell) << 32 | cell;
        }
        Arrays.sort(order);
        out.writeInt(n);
        for (long entry : order) {
            int cell = (int) entry;
            out.writeLong(own.hash(cell));
            out.writeLong(nodes.key(own.node(cell)));
            out.writeByte(own.counts(cell));
        }
    }

    static void read(LaneBlocks own, Blocks blocks, DataInput in) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > Nodes.MOST) {
            throw new IOException("a lane of " + count + " blocks");
        }
        int node = -1;
        for (int i = 0; i < count; i++) {
            long hash = in.readLong();
            long key = in.readLong();
            int counts = in.readUnsignedByte();
            int tiers = LaneBlocks.tiers(counts);
            node = tiers == 0 || own.find(hash) >= 0 ? -1 : blocks.hold(key, node, own.lane(), tiers);
            if (node < 0) {
                throw new IOException("block " + i + " is in no tier, or stands twice");
            }
            own.put(hash, node, counts);
        }
    }
}
