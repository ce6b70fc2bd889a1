package dev.sluice.core;

import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Signal;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An immutable picture of a pool, taken inside its critical section and read outside of it. Row i holds the signals of
 * endpoint i.
 *
 * <p>A picture shares with the one before it whatever has stayed the same: one is taken for every decision and a thousand are
 * remembered, and from one to the next only an endpoint or two have changed.
 */
public final class Snapshot {
    static final int WIDTH = Signal.values().length;
    /** In a row: the whole pool's value counts. It changes with every answer, and would change every row. */
    static final double OF_THE_POOL = -1;

    private final long version;
    private final long takenAt;
    private final Endpoint[] endpoints;
    private final EndpointStatus[] statuses;
    private final int[] slots;
    private final boolean[] full;
    private final double[] trust;
    private final double[][] values;
    private final LearnedRates.Figures[] speeds;
    private final Scrape[] scrapes;
    private final double outputTokens;
    private final LinkTable links;
    private final LinkTable pulls;

    private Snapshot(
            long version,
            long takenAt,
            Endpoint[] endpoints,
            EndpointStatus[] statuses,
            int[] slots,
            boolean[] full,
            double[] trust,
            double[][] values,
            LearnedRates.Figures[] speeds,
            Scrape[] scrapes,
            double outputTokens,
            LinkTable links,
            LinkTable pulls) {
        this.version = version;
        this.takenAt = takenAt;
        this.endpoints = endpoints;
        this.statuses = statuses;
        this.slots = slots;
        this.full = full;
        this.trust = trust;
        this.values = values;
        this.speeds = speeds;
        this.scrapes = scrapes;
        this.outputTokens = outputTokens;
        this.links = links;
        this.pulls = pulls;
    }

    /** Takes a picture row by row, beside the one before it. */
    static final class Taking {
        private Endpoint[] endpoints;
        private EndpointStatus[] statuses;
        private int[] slots;
        private boolean[] full;
        private double[] trust;
        private double[][] values;
        private LearnedRates.Figures[] speeds;
        private Scrape[] scrapes;
        /** Arrays of our own; before that they are the other picture's. */
        private boolean ownRows;

        private boolean ownFull;
        private boolean ownTrust;
        private boolean ownValues;
        private boolean ownSpeeds;
        private boolean ownScrapes;

        /** @param before must have as many rows; null for none */
        Taking(@Nullable Snapshot before, int rows) {
            if (before != null && before.size() == rows) {
                endpoints = before.endpoints;
                statuses = before.statuses;
                slots = before.slots;
                full = before.full;
                trust = before.trust;
                values = before.values;
                speeds = before.speeds;
                scrapes = before.scrapes;
            } else {
                endpoints = new Endpoint[rows];
                statuses = new EndpointStatus[rows];
                slots = new int[rows];
                full = new boolean[rows];
                trust = new double[rows];
                values = new double[rows][];
                speeds = new LearnedRates.Figures[rows];
                scrapes = new Scrape[rows];
                ownRows = ownFull = ownTrust = ownValues = ownSpeeds = ownScrapes = true;
            }
        }

        @SuppressWarnings("ReferenceEquality") // cheaper, and enough: another one that is equal is only not shared
        void endpoint(int row, Endpoint endpoint, EndpointStatus status, int slot) {
            if (!ownRows && (endpoints[row] != endpoint || statuses[row] != status || slots[row] != slot)) {
                endpoints = endpoints.clone();
                statuses = statuses.clone();
                slots = slots.clone();
                ownRows = true;
            }
            if (ownRows) {
                endpoints[row] = endpoint;
                statuses[row] = status;
                slots[row] = slot;
            }
        }

        void full(int row, boolean value) {
            if (!ownFull && full[row] != value) {
                full = full.clone();
                ownFull = true;
            }
            if (ownFull) {
                full[row] = value;
            }
        }

        void trust(int row, double value) {
            if (!ownTrust && Double.doubleToLongBits(trust[row]) != Double.doubleToLongBits(value)) {
                trust = trust.clone();
                ownTrust = true;
            }
            if (ownTrust) {
                trust[row] = value;
            }
        }

        /** @param signals copied when they differ from those of before */
        void signals(int row, double[] signals) {
            if (values[row] != null && Arrays.equals(values[row], signals)) {
                return;
            }
            if (!ownValues) {
                values = values.clone();
                ownValues = true;
            }
            values[row] = signals.clone();
        }

        /** Learned from the whole fleet, so that they change everywhere with each answer: not to take the row's signals along. */
        @SuppressWarnings("ReferenceEquality")
        void speed(int row, LearnedRates.Figures figures) {
            if (!ownSpeeds && speeds[row] != figures) {
                speeds = speeds.clone();
                ownSpeeds = true;
            }
            if (ownSpeeds) {
                speeds[row] = figures;
            }
        }

        @SuppressWarnings("ReferenceEquality")
        void scrape(int row, Scrape scrape) {
            if (!ownScrapes && scrapes[row] != scrape) {
                scrapes = scrapes.clone();
                ownScrapes = true;
            }
            if (ownScrapes) {
                scrapes[row] = scrape;
            }
        }

        Snapshot done(long version, long now, double outputTokens, LinkTable links, LinkTable pulls) {
            return new Snapshot(
                    version,
                    now,
                    endpoints,
                    statuses,
                    slots,
                    full,
                    trust,
                    values,
                    speeds,
                    scrapes,
                    outputTokens,
                    links,
                    pulls);
        }
    }

    /** Number of endpoints, those out of service included. */
    public int size() {
        return endpoints.length;
    }

    /** Endpoint by row. */
    public Endpoint endpoint(int row) {
        return endpoints[row];
    }

    /** State by row. */
    public EndpointStatus status(int row) {
        return statuses[row];
    }

    /** Slot of the endpoint in the prefix index. */
    public int slot(int row) {
        return slots[row];
    }

    /** True when the endpoint has as many requests as it may have. */
    public boolean full(int row) {
        return full[row];
    }

    /** Factor by which predicted cached tokens are scaled, 0..1. */
    public double trust(int row) {
        return trust[row];
    }

    /** A signal by row. */
    public double signal(int row, Signal signal) {
        return switch (signal) {
            case PREFILL_RATE -> speeds[row].prefillRate();
            case OVERHEAD_MS -> speeds[row].overheadMs();
            case TOKEN_TIME_MS -> speeds[row].tokenMs();
            case TOKEN_TIME_SLOPE_MS -> speeds[row].tokenSlopeMs();
            case OUTPUT_TOKENS -> {
                double own = values[row][signal.ordinal()];
                yield own == OF_THE_POOL ? outputTokens : own;
            }
            default -> values[row][signal.ordinal()];
        };
    }

    /** Expected time to move KV of so many tokens between two rows, ms; infinite when that can't be done now. */
    public double transferMs(int from, int to, double tokens) {
        return links.ms(slots[from], slots[to], tokens, takenAt);
    }

    /** Expected time to fetch so many cached tokens from one row to another, ms; infinite when that can't be done now. */
    public double pullMs(int from, int to, double tokens) {
        return pulls.ms(slots[from], slots[to], tokens, takenAt);
    }

    /** Expected time to fetch so many cached tokens over the fastest link of all, ms; infinite when there is none. */
    double leastPullMs(double tokens) {
        return pulls.leastMs(tokens);
    }

    /** Adapters by row. */
    Adapters adapters(int row) {
        return scrapes[row].adapters();
    }

    /** What extractors made of the endpoint's last metrics page; NaN when nobody set that. */
    public double attribute(int row, String name) {
        Double value = scrapes[row].attributes().get(name);
        return value == null ? Double.NaN : value;
    }

    /** Grows with every change of the pool. */
    public long version() {
        return version;
    }

    /** Pool time at which the picture was taken, in ns. */
    public long takenAt() {
        return takenAt;
    }

    /** The same picture with one number changed: for questions of the kind "what if". */
    public Snapshot with(int row, Signal signal, double value) {
        double[][] changed = values.clone();
        changed[row] = values[row].clone();
        changed[row][signal.ordinal()] = value;
        LearnedRates.Figures[] faster = speeds.clone();
        faster[row] = speeds[row].with(signal, value);
        return new Snapshot(
                version,
                takenAt,
                endpoints,
                statuses,
                slots,
                full,
                trust,
                changed,
                faster,
                scrapes,
                outputTokens,
                links,
                pulls);
    }
}
