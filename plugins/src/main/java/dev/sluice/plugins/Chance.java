package dev.sluice.plugins;

import dev.sluice.spi.Candidates;

/** Draws that are the same whenever the same decision is made again. */
final class Chance {
    private Chance() {}

    /**
     * A number of 0 up to but not including 1, even over decisions.
     *
     * @param salt the part's name, so that two parts of one decision draw differently
     */
    static double draw(Candidates candidates, String salt) {
        return (mix(candidates.seed() + 0x9E3779B97F4A7C15L * (salt.hashCode() + 1L)) >>> 11) * 0x1.0p-53;
    }

    /** SplitMix64's finaliser (Steele, Lea, Flood 2014). */
    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
