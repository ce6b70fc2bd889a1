package dev.sluice.simulator;

import java.io.IOException;

/** Bytes that are no HTTP request; answered as uvicorn does, with 400 and plain text. */
final class MalformedRequestException extends IOException {
    private static final long serialVersionUID = 1L;

    MalformedRequestException(String message) {
        super(message);
    }
}
