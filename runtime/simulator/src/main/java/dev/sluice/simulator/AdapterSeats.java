package dev.sluice.simulator;

import java.util.Set;
import java.util.TreeSet;

/** vLLM's {@code max_loras}: a step has at most so many different adapters; who wants one more waits, and others pass. */
final class AdapterSeats {
    private final Set<Integer> taken = new TreeSet<>();
    private int most = Integer.MAX_VALUE;

    /** How many different ones a step may have, at least 1. */
    void limit(int adapters) {
        most = Math.max(1, adapters);
    }

    int limit() {
        return most;
    }

    /** A step begins with these running. */
    void begin(Sequences seqs, int[] running, int count) {
        taken.clear();
        for (var i = 0; i < count && most < Integer.MAX_VALUE; i++) {
            join(seqs.lora[running[i]]);
        }
    }

    boolean mayJoin(int adapter) {
        return adapter == 0 || taken.size() < most || taken.contains(adapter);
    }

    void join(int adapter) {
        if (adapter != 0 && most < Integer.MAX_VALUE) {
            taken.add(adapter);
        }
    }
}
