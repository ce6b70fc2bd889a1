package dev.sluice.gateway;

import dev.sluice.core.scan.BodyScan;
import dev.sluice.gateway.config.SessionSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Finds a request's session where the configuration says to look. */
final class SessionKeys {
    /** Longer ones are no session. */
    private static final int LONGEST = 256;

    private SessionKeys() {}

    /**
     * The first that is there counts.
     *
     * @param inferred the session that the prompt goes on with
     */
    static Optional<String> of(
            List<SessionSource> sources,
            Function<String, Optional<String>> headers,
            BodyScan scan,
            Supplier<Optional<String>> inferred) {
        int bodyPath = 0;
        for (SessionSource source : sources) {
            Optional<String> found = switch (source.kind()) {
                case HEADER -> headers.apply(source.name());
                case COOKIE -> headers.apply("cookie").flatMap(cookies -> cookie(cookies, source.name()));
                case BODY -> scan.session(bodyPath++);
                case INFERRED -> inferred.get();
            };
            if (found.isPresent() && !found.get().isEmpty() && found.get().length() <= LONGEST) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> cookie(String cookies, String name) {
        for (String part : cookies.split(";", -1)) {
            String pair = part.strip();
            if (pair.startsWith(name + "=")) {
                return Optional.of(pair.substring(name.length() + 1));
            }
        }
        return Optional.empty();
    }
}
