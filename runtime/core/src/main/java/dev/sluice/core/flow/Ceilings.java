package dev.sluice.core.flow;

/**
 * How full each band may fill a pool: a band is served while the pool's saturation is below its ceiling. Holding low bands back leaves
 * the rest of the pool to the high ones, who then need not wait for long requests that were let in before them.
 */
public interface Ceilings {
    /**
     * The ceilings of these bands.
     *
     * @param saturation of the pool now
     * @param priorities of all bands that are known, the highest first
     * @return by position in {@code priorities}
     */
    double[] of(double saturation, int[] priorities);

    /** The same for all. llm-d's {@code static-usage-limit-policy}. */
    static Ceilings same(double threshold) {
        return new Same(threshold);
    }

    /** The gateway's own: one for interactive traffic, and a lower one for priorities below 0, which is batch. */
    static Ceilings batch(double interactive, double batch) {
        return new Batch(interactive, batch);
    }

    /** One for all bands. */
    record Same(double threshold) implements Ceilings {
        @Override
        public double[] of(double saturation, int[] priorities) {
            double[] ceilings = new double[priorities.length];
            java.util.Arrays.fill(ceilings, threshold);
            return ceilings;
        }
    }

    /** One for priorities from 0 up, one for those below. */
    record Batch(double interactive, double batch) implements Ceilings {
        @Override
        public double[] of(double saturation, int[] priorities) {
            double[] ceilings = new double[priorities.length];
            for (int i = 0; i < ceilings.length; i++) {
                ceilings[i] = priorities[i] < 0 ? Math.min(batch, interactive) : interactive;
            }
            return ceilings;
        }
    }

    /**
     * From the least ceiling of the lowest band to the most of the highest, in a line: llm-d's {@code priority-holdback-policy}.
     *
     * @param least of the lowest band, 0 or more and below 1
     * @param most of the highest
     * @param byValue by the priorities' values; else by their rank
     */
    record Holdback(double least, double most, boolean byValue) implements Ceilings {
        @Override
        public double[] of(double saturation, int[] priorities) {
            int n = priorities.length;
            double[] ceilings = new double[n];
            double span = n < 2 ? 0 : (double) priorities[0] - priorities[n - 1];
            for (int i = 0; i < n; i++) {
                double place =
                        n < 2 ? 1 : byValue ? (priorities[i] - (double) priorities[n - 1]) / span : 1 - i / (n - 1.0);
                ceilings[i] = least + place * (most - least);
            }
            return ceilings;
        }
    }
}
