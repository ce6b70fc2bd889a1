package dev.sluice.plugins;

import dev.sluice.spi.Request;
import dev.sluice.spi.SessionKey;
import java.util.Optional;

/** llm-d's {@code session-id-producer}: finds the session in a header, or in a cookie. */
final class SessionIds implements SessionKey {
    private final SessionIdConfig config;

    SessionIds(SessionIdConfig config) {
        this.config = config;
    }

    @Override
    public Optional<String> key(Request request) {
        return (config.headerName().isEmpty()
                        ? request.header("cookie").flatMap(this::cookie)
                        : request.header(config.headerName()))
                .map(String::strip)
                .filter(id -> !id.isEmpty());
    }

    private Optional<String> cookie(String cookies) {
        for (String part : cookies.split(";", -1)) {
            String pair = part.strip();
            if (pair.startsWith(config.cookieName() + "=")) {
                return Optional.of(pair.substring(config.cookieName().length() + 1));
            }
        }
        return Optional.empty();
    }
}
