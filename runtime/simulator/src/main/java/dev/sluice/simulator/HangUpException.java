package dev.sluice.simulator;

import java.io.IOException;

/** A fault has dealt with the connection: nothing more is to be written to it. */
final class HangUpException extends IOException {
    private static final long serialVersionUID = 1L;

    HangUpException() {
        super("hung up on purpose");
    }
}
