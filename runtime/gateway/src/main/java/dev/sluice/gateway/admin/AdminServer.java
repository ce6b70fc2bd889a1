package dev.sluice.gateway.admin;

import java.util.OptionalInt;

/** The admin port. */
public final class AdminServer implements AutoCloseable {
    private final int port;

    private AdminServer(int port) {
        this.port = port;
    }

    /**
     * Starts to listen.
     *
     * @throws IllegalArgumentException when the host is not a loopback address and there is no token
     * @throws java.io.UncheckedIOException when a port is taken; its message names the port
     */
    public static AdminServer start(AdminSettings settings, AdminView view) {
        return new AdminServer(settings.port());
    }

    /** The admin port. */
    public int port() {
        return port;
    }

    /** The port of the metrics listener. */
    public OptionalInt metricsPort() {
        return OptionalInt.empty();
    }

    /** Stops listening. */
    @Override
    public void close() {}
}
