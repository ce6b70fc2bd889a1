package dev.sluice.plugins;

import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Request;
import java.util.List;
import java.util.Optional;

/** llm-d's {@code single-profile-handler}: runs the only profile (the first one, should there be more). */
final class SingleProfileHandler implements ProfileHandler {
    @Override
    public Optional<String> next(Request request, List<String> profiles, List<String> done) {
        return done.isEmpty() && !profiles.isEmpty() ? Optional.of(profiles.getFirst()) : Optional.empty();
    }

    @Override
    public String primary(Request request, List<String> done) {
        return done.getFirst();
    }
}
