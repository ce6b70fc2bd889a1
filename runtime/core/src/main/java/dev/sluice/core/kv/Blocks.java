package dev.sluice.core.kv;

/** All blocks of an index with their holders. One writer. */
final class Blocks {
    final Nodes nodes = new Nodes();
    private final HolderSets sets = new HolderSets();

    /** The node of a key that the lane holds from now on in this tier, and maybe nobody before; -1 when it holds it already. */
    int hold(long key, int behind, int lane, int tiers) {
        int node = nodes.find(key);
        if (node < 0) {
            return nodes.add(key, behind, sets.change(Holders.NONE, lane, 0, tiers));
        }
        Holders set = nodes.holders(node);
        if (set.mask(lane) != 0) {
            return -1;
        }
        nodes.holders(node, sets.change(set, lane, 0, tiers));
        return node;
    }

    /** From now on the lane holds the block in these tiers; a block that nobody holds is gone. */
    void change(int node, int lane, int tiers) {
        Holders set = nodes.holders(node);
        int before = set.mask(lane);
        if (before == tiers) {
            return;
        }
        Holders next = sets.change(set, lane, before, tiers);
        if (next.size == 0) {
            nodes.remove(node);
        } else {
            nodes.holders(node, next);
        }
    }

    boolean holds(int node, int lane) {
        return nodes.holders(node).mask(lane) != 0;
    }

    /** Forgets sets that nobody is in any more, when there are many. */
    void tidy() {
        if (sets.many()) {
            sets.beginSweep();
            nodes.sweep(sets);
            sets.endSweep();
        }
    }

    int sets() {
        return sets.size();
    }
}
