package dev.sluice.gateway.stream;

import java.io.IOException;

/** The engine goes on sending after its stream was judged broken or ended. Its connection must be closed. */
public final class GarbledStream extends IOException {
    GarbledStream(String message) {
        super(message);
    }
}
