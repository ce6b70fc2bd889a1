package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Signal;

/**
 * llm-d's measure of how full an endpoint is: {@code max(waiting / queue threshold, KV use / KV threshold)}. Where only one of
 * the two is known, that one counts.
 *
 * @param queue waiting requests that count as 1
 * @param kv use of the KV cache that counts as 1
 */
record Utilization(double queue, double kv) {
    /** 0 and more; NaN when neither is known. */
    double of(Candidates candidates, int index) {
        double waiting = Known.amount(candidates, index, Signal.WAITING) / queue;
        double used = Known.amount(candidates, index, Signal.KV_USAGE) / kv;
        if (Double.isNaN(waiting)) {
            return used;
        }
        return Double.isNaN(used) ? waiting : Math.max(waiting, used);
    }

    /** The mean over all candidates; those of whom nothing is known count as given. */
    double mean(Candidates candidates, double unknown) {
        double sum = 0;
        for (int i = 0; i < candidates.size(); i++) {
            double one = of(candidates, i);
            sum += Double.isNaN(one) ? unknown : one;
        }
        return sum / candidates.size();
    }
}
