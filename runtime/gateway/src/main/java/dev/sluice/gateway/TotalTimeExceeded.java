package dev.sluice.gateway;

import java.io.IOException;

/** An exchange took longer than its pool allows in total. */
final class TotalTimeExceeded extends IOException {
    private static final long serialVersionUID = 1L;

    TotalTimeExceeded() {
        super("total time limit over");
    }
}
