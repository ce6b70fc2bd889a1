package dev.sluice.kvevents;

/** Bytes that are not what an engine publishes. Without a stack trace: hostile bytes may come by the million. */
final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
        super(message, null, false, false);
    }
}
