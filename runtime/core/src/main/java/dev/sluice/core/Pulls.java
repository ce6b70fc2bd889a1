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
 *
 * <p><b>Cost.</b> Sources are looked at from the one that holds most, and no further than one could save more than the best so far
 * over the fastest of all links. So what everybody holds costs nothing, and of many beginnings a few are looked at.
 */
final class Pulls {
    static final Pulls NONE = new Pulls(new Pull[0]);
    /** Bits of a row's number in a sorted key. */
    private static final long ROWS = 0xFFFFF;

    private final @Nullable Pull[] best;

    private Pulls(@Nullable Pull[] best) {
        this.best = best;
    }

    /** @param cached prompt tokens that the endpoints hold, by row */
    static Pulls of(Placement placement, double[] cached) {
        if (!placement.splitting().pulls()) {
            return NONE;
        }
        Sources sources = Sources.of(placement, cached);
        if (sources.rows().length == 0) {
            return NONE;
        }
        @Nullable Pull[] best = new Pull[cached.length];
        for (int row = 0; row < best.length; row++) {
            best[row] = best(placement.snapshot(), Math.max(0, cached[row]), sources, row);
        }
        return new Pulls(best);
    }

    /**
     * Rows that hold more than somebody else does, from the one that holds most; of those that hold the same first the less busy one,
     * then the first.
     *
     * @param held tokens of each
     * @param busy requests of each
     * @param ends behind the last one that holds the same
     */
    private record Sources(int[] rows, double[] held, double[] busy, int[] ends) {
        static Sources of(Placement placement, double[] cached) {
            Snapshot snapshot = placement.snapshot();
            int[] rows = byHeld(placement, cached);
            int count = rows.length;
            Sources all = new Sources(rows, new double[count], new double[count], new int[count]);
            for (int i = 0; i < count; i++) {
                all.put(i, cached[rows[i]], snapshot.signal(rows[i], Signal.IN_FLIGHT_REQUESTS));
            }
            for (int i = count - 1; i >= 0; i--) {
                boolean last = i == count - 1 || all.held[i] != all.held[i + 1];
                all.ends[i] = last ? i + 1 : all.ends[i + 1];
            }
            return all;
        }

        /** Rows of the same number come in their order. */
        private void put(int index, double holds, double load) {
            int row = rows[index];
            int at = index;
            while (at > 0 && held[at - 1] == holds && busy[at - 1] > load) {
                rows[at] = rows[at - 1];
                busy[at] = busy[at - 1];
                held[at] = holds;
                at--;
            }
            rows[at] = row;
            held[at] = holds;
            busy[at] = load;
        }

        /** Of two that save the same, whether this one is taken. */
        boolean before(int one, int other) {
            return busy[one] < busy[other] || (busy[one] == busy[other] && rows[one] < rows[other]);
        }
    }

    private static int[] byHeld(Placement placement, double[] cached) {
        double least = Double.POSITIVE_INFINITY;
        for (double held : cached) {
            least = Math.min(least, Math.max(0, held));
        }
        int n = 0;
        long[] keys = new long[cached.length];
        for (int row = 0; row < cached.length; row++) {
            if (cached[row] >= least + 1 && Eligible.hands(placement, row)) {
                // The bits of numbers from 0 up are in the order of the numbers; the last of them are not worth a
                // token.
                keys[n++] = (~Double.doubleToRawLongBits(cached[row]) & ~ROWS) | row;
            }
        }
        Arrays.sort(keys, 0, n);
        int[] rows = new int[n];
        for (int i = 0; i < n; i++) {
            rows[i] = (int) (keys[i] & ROWS);
        }
        return rows;
    }

    private static @Nullable Pull best(Snapshot snapshot, double own, Sources sources, int row) {
        double block = block(snapshot, row);
        double each = tokenMs(snapshot, row);
        int best = -1;
        double most = 0;
        int i = 0;
        while (i < sources.rows().length) {
            int more = (int) (sources.held()[i] - own);
            // Those that follow hold no more than a token more than this one.
            if (more + 1 < block || (more + 1) * each - snapshot.leastPullMs(more + 1) < most) {
                break;
            }
            double could = more * each - snapshot.leastPullMs(more);
            if (more < block || could < most || (could == most && best >= 0 && !sources.before(i, best))) {
                i = sources.ends()[i];
                continue;
            }
            int source = sources.rows()[i];
            double saved = source == row ? -1 : more * each - snapshot.pullMs(source, row, more);
            if (saved > most || (saved == most && best >= 0 && sources.before(i, best))) {
                best = i;
                most = saved;
            }
            i++;
        }
        return best < 0 ? null : pull(snapshot, sources.rows()[best], row, (int) (sources.held()[best] - own));
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

    /** What that fetch would cost, whether or not it is worth it. */
    static Pull pull(Snapshot snapshot, int source, int row, int tokens) {
        return new Pull(row, source, tokens, snapshot.pullMs(source, row, tokens), tokens * tokenMs(snapshot, row));
    }

    /** Ms to compute a token. */
    private static double tokenMs(Snapshot snapshot, int row) {
        return 1000 / Math.max(1e-3, snapshot.signal(row, Signal.PREFILL_RATE));
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
