package dev.sluice.core.index;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What {@link PrefixIndex} must do, block by block: every slot keeps its blocks from the newest touched to the oldest. */
final class NaiveIndex {
    private static final class Blocks {
        final Map<Long, Long> ages = new HashMap<>();
        final TreeMap<Long, Long> byAge = new TreeMap<>();
        int capacity;

        void remove(long hash) {
            Long age = ages.remove(hash);
            if (age != null) {
                byAge.remove(age);
            }
        }
    }

    private final Map<Long, Long> parents = new HashMap<>();
    private final List<Blocks> slots = new ArrayList<>();
    private final int capacity;
    private long now;

    NaiveIndex(int count, int capacity) {
        this.capacity = capacity;
        for (int i = 0; i < count; i++) {
            slots.add(new Blocks());
            slots.getLast().capacity = capacity;
        }
    }

    void insert(int slot, long[] path, int count) {
        Blocks blocks = slots.get(slot);
        now += 1_000_000;
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                parents.put(path[i], path[i - 1]);
            }
            blocks.remove(path[i]);
            blocks.ages.put(path[i], now - i);
            blocks.byAge.put(now - i, path[i]);
        }
        shrink(blocks);
    }

    private static void shrink(Blocks blocks) {
        while (blocks.ages.size() > blocks.capacity) {
            blocks.ages.remove(blocks.byAge.pollFirstEntry().getValue());
        }
    }

    void truncate(int slot, long[] path, int count, int keep) {
        if (keep >= count) {
            return;
        }
        Blocks blocks = slots.get(slot);
        List<Long> gone = blocks.ages.keySet().stream()
                .filter(hash -> goesOnFrom(hash, path[keep]))
                .toList();
        gone.forEach(blocks::remove);
    }

    private boolean goesOnFrom(Long hash, long root) {
        Long at = hash;
        while (at != null && at != root) {
            at = parents.get(at);
        }
        return at != null;
    }

    int match(int slot, long[] path, int count) {
        int matched = 0;
        while (matched < count && slots.get(slot).ages.containsKey(path[matched])) {
            matched++;
        }
        return matched;
    }

    void setCapacity(int slot, int blocks) {
        slots.get(slot).capacity = Math.max(1, blocks);
        shrink(slots.get(slot));
    }

    void removeSlot(int slot) {
        slots.set(slot, new Blocks());
        slots.get(slot).capacity = capacity;
    }

    int size(int slot) {
        return slots.get(slot).ages.size();
    }
}
