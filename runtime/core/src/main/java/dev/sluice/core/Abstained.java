package dev.sluice.core;

/**
 * A part has no vote this time. Whoever throws it has counted the reason already; it is shown in explanations and is no
 * fault of its own.
 */
public final class Abstained extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String reason;

    /** @param reason in words, for an operator */
    public Abstained(String reason) {
        super(reason, null, false, false);
        this.reason = reason;
    }

    /** In words. */
    public String reason() {
        return reason;
    }
}
