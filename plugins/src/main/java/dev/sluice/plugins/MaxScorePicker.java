package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Request;
import java.util.random.RandomGenerator;

/**
 * llm-d's {@code max-score-picker}: the highest total first, equals in random order.
 *
 * <p>llm-d shuffles and sorts all of them. For one endpoint a single pass does the same: the k-th of those that share the
 * best total so far takes the place with probability 1/k, which leaves each of m equals there with probability 1/m (a
 * reservoir of one). For more, a shuffle and as many selection rounds as are asked for: they compare nothing but totals,
 * so equals keep the fairness of the shuffle. Neither allocates, and a clear winner costs no random number.
 */
final class MaxScorePicker implements Picker {
    private final PickerConfig config;

    MaxScorePicker(PickerConfig config) {
        this.config = config;
    }

    @Override
    public int pick(Request request, Candidates candidates, double[] totals, int[] order, RandomGenerator random) {
        int size = candidates.size();
        int limit = config.limit(size);
        if (limit == 1) {
            order[0] = best(totals, size, random);
        } else if (limit > 1) {
            RandomPicker.shuffle(order, size, size, random);
            for (int place = 0; place < limit; place++) {
                int found = place;
                for (int i = place + 1; i < size; i++) {
                    if (worth(totals, order[i]) > worth(totals, order[found])) {
                        found = i;
                    }
                }
                int index = order[found];
                order[found] = order[place];
                order[place] = index;
            }
        }
        return limit;
    }

    private static int best(double[] totals, int size, RandomGenerator random) {
        int best = 0;
        int equals = 1;
        for (int i = 1; i < size; i++) {
            double total = worth(totals, i);
            double top = worth(totals, best);
            if (total > top) {
                best = i;
                equals = 1;
            } else if (total == top && random.nextInt(++equals) == 0) {
                best = i;
            }
        }
        return best;
    }

    /** A total that is not a number must not hide one that is. */
    private static double worth(double[] totals, int index) {
        double total = totals[index];
        return Double.isNaN(total) ? Double.NEGATIVE_INFINITY : total;
    }
}
