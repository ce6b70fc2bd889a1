package dev.sluice.core.kv;

import java.util.Locale;

/** Where an engine keeps a block; the dearer to reach, the later in the order. */
public enum Tier {
    /** The accelerator's own memory. */
    GPU(1),
    /** The host's memory: the block has to be copied before it can be used. */
    CPU(0.8),
    /** Anything behind that: disks, file systems, stores on the network. */
    DISK(0.5);

    private final double weight;

    Tier(double weight) {
        this.weight = weight;
    }

    /** Share of computing a block that finding it here saves, 0..1. GPU and CPU as in llm-d's precise scorer. */
    public double weight() {
        return weight;
    }

    int bit() {
        return 1 << ordinal();
    }

    /** The tier that an engine's word stands for; engines that know only one say nothing. An unknown word is the dearest. */
    public static Tier of(String medium) {
        String word = medium.toUpperCase(Locale.ROOT);
        return word.isEmpty() || word.startsWith("GPU") || word.equals("HBM")
                ? GPU
                : word.startsWith("CPU") || word.equals("DRAM") ? CPU : DISK;
    }
}
