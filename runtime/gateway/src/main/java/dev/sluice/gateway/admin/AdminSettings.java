package dev.sluice.gateway.admin;

import java.util.Optional;

/**
 * Where the admin port listens.
 *
 * @param host address to bind
 * @param port 0 takes a free one
 * @param token what {@code Authorization: Bearer} must carry; needed when the host is not a loopback address
 * @param metrics a second listener with nothing but /metrics, /livez and /readyz, without a token
 */
public record AdminSettings(String host, int port, Optional<String> token, Optional<Listener> metrics) {
    /**
     * One listener.
     *
     * @param host address to bind
     * @param port 0 takes a free one
     */
    public record Listener(String host, int port) {}

    /** Hides the token. */
    @Override
    public String toString() {
        return "AdminSettings[" + host + ":" + port + ", metrics=" + metrics + "]";
    }
}
