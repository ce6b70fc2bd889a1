package dev.sluice.spi.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.spi.Picker;
import dev.sluice.spi.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * The contract of a {@link Picker}.
 *
 * @param <C> the type's configuration
 */
public abstract class PickerContract<C extends Record> extends PartContract<C, Picker> {
    /** For sub-classes. */
    protected PickerContract() {
        super(Picker.class);
    }

    @Override
    final List<?> ask(Picker part, Request request, TestCandidates candidates) {
        SplittableRandom numbers = new SplittableRandom(7);
        double[] totals = numbers.doubles(candidates.size()).toArray();
        double[] given = totals.clone();
        int[] order = new int[candidates.size()];
        int count = part.pick(request, candidates, given, order, new SplittableRandom(11));
        assertArrayEquals(totals, given, "the totals were changed");
        assertTrue(count <= order.length, () -> "picked " + count + " of " + order.length);
        assertTrue(count >= 1 || order.length == 0, "picked nobody though there are candidates");
        List<Integer> picked = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int index = order[i];
            assertTrue(index >= 0 && index < order.length, () -> "picked candidate " + index + " of " + order.length);
            picked.add(index);
        }
        assertEquals(picked.size(), new TreeSet<>(picked).size(), "picked one candidate twice");
        return picked;
    }
}
