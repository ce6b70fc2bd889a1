package dev.sluice.spi;

import java.util.Optional;

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

    /**
     * The endpoint that the profile before this one picked, in a decision of several profiles: the server that the request's
     * other phase goes to. Empty in the first profile.
     */
    default Optional<Endpoint> peer() {
        return Optional.empty();
    }

    /**
     * A number drawn for this decision: the one source of chance for a part that is not lent a generator. Parts that draw
     * from it should mix in something of their own, such as their name, or their draws are the same.
     */
    default long seed() {
        return 0;
    }

    /** When the numbers were read, ns on the clock of {@link Choice#at}. */
    default long takenAt() {
        return 0;
    }
}
