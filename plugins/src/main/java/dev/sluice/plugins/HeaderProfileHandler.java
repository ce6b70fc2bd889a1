package dev.sluice.plugins;

import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Request;
import java.util.List;
import java.util.Optional;

/**
 * llm-d's {@code header-profile-handler}: runs the one profile that a header names. A request that names none gets the
 * default profile, and so does one that names a profile that there is not: it is served as if it had named none, where llm-d
 * answers as if its pool were full.
 */
final class HeaderProfileHandler implements ProfileHandler {
    private final HeaderProfileConfig config;

    HeaderProfileHandler(HeaderProfileConfig config) {
        this.config = config;
    }

    @Override
    public Optional<String> next(Request request, List<String> profiles, List<String> done) {
        if (!done.isEmpty() || profiles.isEmpty()) {
            return Optional.empty();
        }
        return request.header(config.headerName())
                .map(String::strip)
                .filter(profiles::contains)
                .or(() -> Optional.of(config.defaultProfile()).filter(profiles::contains))
                .or(() -> Optional.of(profiles.getFirst()));
    }

    @Override
    public String primary(Request request, List<String> done) {
        return done.getFirst();
    }
}
