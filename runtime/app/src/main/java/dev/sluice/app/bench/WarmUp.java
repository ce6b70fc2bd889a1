package dev.sluice.app.bench;

import java.io.IOException;

/**
 * Load before anything is measured, for as long as it makes the JVM cheaper: what a gateway costs that has run for minutes is
 * asked, not what its compiler costs. How long that takes depends on the core and on the work.
 */
final class WarmUp {
    /** One piece of load, s. */
    static final double SLICE = 5;
    /** A piece that is not cheaper by this share than the cheapest before it has gained nothing. */
    private static final double GAIN = 0.03;
    /** So many pieces in a row that gained nothing end it. */
    private static final int IDLE = 3;

    /** Puts load on for some seconds, and says what a unit of it cost. */
    interface Slice {
        double cost(double seconds) throws IOException;
    }

    private WarmUp() {}

    /**
     * Warms up.
     *
     * @param least seconds
     * @param most seconds
     * @return how many seconds it took
     */
    static double run(Slice slice, double least, double most) throws IOException {
        double spent = 0;
        double cheapest = Double.MAX_VALUE;
        int idle = 0;
        while (spent < least || (idle < IDLE && spent < most)) {
            double seconds = Math.min(SLICE, Math.max(most, least) - spent);
            double cost = slice.cost(seconds);
            spent += seconds;
            idle = cost < cheapest * (1 - GAIN) ? 0 : idle + 1;
            cheapest = Math.min(cheapest, cost);
        }
        return spent;
    }
}
