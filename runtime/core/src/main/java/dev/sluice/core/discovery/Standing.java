package dev.sluice.core.discovery;

/** What the place where an endpoint was found says of it. */
public enum Standing {
    /** It may get requests, once it has been asked what it serves. */
    IN,
    /** It is there and not ready. */
    HELD,
    /** It is going: it ends what it has. */
    DRAINING
}
