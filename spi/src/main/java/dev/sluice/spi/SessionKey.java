package dev.sluice.spi;

import java.util.Optional;

/** Finds what ties requests of one conversation together. */
public non-sealed interface SessionKey extends Part {
    /** The session's key, or empty when the request has none. */
    Optional<String> key(Request request);
}
