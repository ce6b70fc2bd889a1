package dev.sluice.gateway.http;

import java.io.IOException;

/** The client left (end of stream, reset) or stopped reading for longer than the write limit. There is nobody to tell. */
public final class ClientGone extends IOException {
    /** @param message how it was noticed */
    public ClientGone(String message) {
        super(message);
    }
}
