package dev.sluice.simulator.ladder;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Picker;
import dev.sluice.spi.Request;
import java.util.random.RandomGenerator;

/** Each endpoint in its turn: the yardstick. */
public final class RoundRobin implements Picker {
    private int turn;

    @Override
    public int pick(Request request, Candidates candidates, double[] totals, int[] order, RandomGenerator random) {
        order[0] = turn++ % candidates.size();
        return 1;
    }
}
