package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Request;
import java.util.random.RandomGenerator;

/** llm-d's {@code random-picker}: every candidate with the same probability, none twice. */
final class RandomPicker implements Picker {
    private final PickerConfig config;

    RandomPicker(PickerConfig config) {
        this.config = config;
    }

    @Override
    public int pick(Request request, Candidates candidates, double[] totals, int[] order, RandomGenerator random) {
        int size = candidates.size();
        int limit = config.limit(size);
        if (limit == 1) {
            order[0] = random.nextInt(size);
        } else {
            shuffle(order, size, limit, random);
        }
        return limit;
    }

    /** Fills an array with 0 to size - 1, the first {@code places} of them drawn at random (Fisher and Yates). */
    static void shuffle(int[] order, int size, int places, RandomGenerator random) {
        for (int i = 0; i < size; i++) {
            order[i] = i;
        }
        for (int place = 0; place < places && place < size - 1; place++) {
            int from = place + random.nextInt(size - place);
            int index = order[from];
            order[from] = order[place];
            order[place] = index;
        }
    }
}
