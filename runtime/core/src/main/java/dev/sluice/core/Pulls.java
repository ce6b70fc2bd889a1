package dev.sluice.core;

import dev.sluice.spi.Signal;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * From whom each endpoint would best fetch what it lacks of a prompt.
 *
 * <p>An endpoint that holds h of the prompt can have the tokens from h to g from another one that holds g. That costs the time
 * to move g - h tokens over the link between the two, as it was learned, instead of (g - h) / mu to compute them. The best
 * source is the one that saves most, and there is none when none saves anything: a fetch is always cheaper than computing,
 * and never cheaper than having it. Of two that save the same the less busy one is taken, then the first.
 *
 * <p>A source needs no room: what it is asked for costs its engine next to nothing. One that drains can be asked too, and one
 * that is out of service can't.
 */
final class Pulls {
    static final Pulls NONE = new Pulls(new Pull[0]);

    private final @Nullable Pull[] best;

    private Pulls(@Nullable Pull[] best) {
        this.best = best;
    }

    /** @param cached prompt tokens that the endpoints hold, by row */
    static Pulls of(Placement placement, double[] cached) {
        if (!placement.splitting().pulls()) {
            return NONE;
        }
        int[] sources = sources(placement, cached);
        if (sources.length == 0) {
            return NONE;
        }
        @Nullable Pull[] best = new Pull[cached.length];
        for (int row = 0; row < best.length; row++) {
            best[row] = best(placement.snapshot(), cached, sources, row);
        }
        return new Pulls(best);
    }

    private static int[] sources(Placement placement, double[] cached) {
        int[] rows = new int[cached.length];
        int n = 0;
        for (int row = 0; row < rows.length; row++) {
            if (cached[row] >= 1 && Eligible.hands(placement, row)) {
                rows[n++] = row;
            }
        }
        return Arrays.copyOf(rows, n);
    }

    private static @Nullable Pull best(Snapshot snapshot, double[] cached, int[] sources, int row) {
        @Nullable Pull best = null;
        for (int source : sources) {
            int more = more(cached, source, row);
            if (source == row || more < block(snapshot, row)) {
                continue;
            }
            Pull pull = pull(snapshot, source, row, more);
            double saved = pull.computeMs() - pull.ms();
            double most = best == null ? 0 : best.computeMs() - best.ms();
            boolean better = saved > most
                    || (best != null && saved == most && busy(snapshot, source) < busy(snapshot, best.source()));
            best = better ? pull : best;
        }
        return best;
    }

    /** Tokens that one row has beyond the other. */
    static int more(double[] cached, int source, int row) {
        return (int) (cached[source] - Math.max(0, cached[row]));
    }

    /** Engines move whole blocks. */
    private static double block(Snapshot snapshot, int row) {
        double size = snapshot.signal(row, Signal.BLOCK_SIZE);
        return size >= 1 ? size : 1;
    }

    private static double busy(Snapshot snapshot, int row) {
        return snapshot.signal(row, Signal.IN_FLIGHT_REQUESTS);
    }

    /** What that fetch would cost, whether or not it is worth it. */
    static Pull pull(Snapshot snapshot, int source, int row, int tokens) {
        double compute = tokens / Math.max(1e-3, snapshot.signal(row, Signal.PREFILL_RATE)) * 1000;
        return new Pull(row, source, tokens, snapshot.pullMs(source, row, tokens), compute);
    }

    /** What an endpoint would fetch. */
    Optional<Pull> of(int row) {
        return row < best.length ? Optional.ofNullable(best[row]) : Optional.empty();
    }

    /** Tokens that it would fetch. */
    double tokens(int row) {
        @Nullable Pull pull = row < best.length ? best[row] : null;
        return pull == null ? 0 : pull.tokens();
    }

    /** Ms that this would take. */
    double ms(int row) {
        @Nullable Pull pull = row < best.length ? best[row] : null;
        return pull == null ? 0 : pull.ms();
    }
}
