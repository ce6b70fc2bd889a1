package dev.sluice.simulator;

/** A fault wants this answer to go nowhere until the client gives up. */
final class StalledException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StalledException() {
        super("stalled on purpose", null, false, false);
    }
}
