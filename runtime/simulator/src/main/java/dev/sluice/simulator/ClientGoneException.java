package dev.sluice.simulator;

/** The client closed its connection while it was being answered. */
final class ClientGoneException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClientGoneException() {
        super("client gone", null, false, false);
    }
}
