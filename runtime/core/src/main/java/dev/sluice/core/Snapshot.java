package dev.sluice.core;

import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Signal;

/**
 * An immutable picture of a pool, taken inside its critical section and read outside of it. Row i holds the signals of
 * endpoint i.
 */
public final class Snapshot {
    static final int WIDTH = Signal.values().length;

    private final long version;
    private final long takenAt;
    private final Endpoint[] endpoints;
    private final EndpointStatus[] statuses;
    private final int[] slots;
    private final boolean[] full;
    private final double[] trust;
    private final double[] values;
    private final Scrape[] scrapes;
    private final LinkTable links;
    private final LinkTable pulls;

    Snapshot(
            long version,
            long takenAt,
            Endpoint[] endpoints,
            EndpointStatus[] statuses,
            int[] slots,
            boolean[] full,
            double[] trust,
            double[] values,
            Scrape[] scrapes,
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
        this.scrapes = scrapes;
        this.links = links;
        this.pulls = pulls;
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
        return values[row * WIDTH + signal.ordinal()];
    }

    /** Expected time to move KV of so many tokens between two rows, ms; infinite when that can't be done now. */
    public double transferMs(int from, int to, double tokens) {
        return links.ms(slots[from], slots[to], tokens, takenAt);
    }

    /** Expected time to fetch so many cached tokens from one row to another, ms; infinite when that can't be done now. */
    public double pullMs(int from, int to, double tokens) {
        return pulls.ms(slots[from], slots[to], tokens, takenAt);
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
        double[] changed = values.clone();
        changed[row * WIDTH + signal.ordinal()] = value;
        return new Snapshot(version, takenAt, endpoints, statuses, slots, full, trust, changed, scrapes, links, pulls);
    }
}
