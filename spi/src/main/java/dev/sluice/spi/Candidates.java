package dev.sluice.spi;

/** An immutable indexed view of the endpoints that may serve a request. Valid during the call only. */
public interface Candidates {
    /** How many there are; may be 0. */
    int size();

    /** The endpoint at an index, 0 to size - 1. */
    Endpoint endpoint(int index);

    /** A number that the gateway knows, or NaN. */
    double signal(int index, Signal signal);

    /** A number that a {@link Producer} or {@link Extractor} wrote, or NaN. */
    double attribute(int index, String name);
}
