package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Request;
import java.util.random.RandomGenerator;

/**
 * llm-d's {@code weighted-random-picker}: draws endpoints without putting them back, each in proportion to its total, by
 * Efraimidis and Spirakis (A-Res, 2006): the largest keys U^(1/w) win. Totals of 0 and less are left out; when all are, every
 * endpoint has the same probability.
 *
 * <p>The keys are compared by their logarithm, ln(U) / w: with small weights U^(1/w) itself would round to 0 for all.
 */
final class WeightedRandomPicker implements Picker {
    private final PickerConfig config;
    private final RandomPicker even;

    WeightedRandomPicker(PickerConfig config) {
        this.config = config;
        this.even = new RandomPicker(config);
    }

    @Override
    public int pick(Request request, Candidates candidates, double[] totals, int[] order, RandomGenerator random) {
        int size = candidates.size();
        double[] keys = new double[size];
        int weighted = 0;
        for (int i = 0; i < size; i++) {
            if (totals[i] > 0) {
                keys[i] = StrictMath.log(1 - random.nextDouble()) / totals[i];
                order[weighted++] = i;
            }
        }
        if (weighted == 0) {
            return even.pick(request, candidates, totals, order, random);
        }
        int limit = config.limit(weighted);
        for (int place = 0; place < limit; place++) {
            int best = place;
            for (int i = place + 1; i < weighted; i++) {
                if (keys[order[i]] > keys[order[best]]) {
                    best = i;
                }
            }
            int index = order[best];
            order[best] = order[place];
            order[place] = index;
        }
        return limit;
    }
}
