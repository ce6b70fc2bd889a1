package dev.sluice.spi.testkit;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.sluice.spi.Request;
import dev.sluice.spi.SessionKey;
import java.util.List;
import java.util.Optional;

/**
 * The contract of a {@link SessionKey}.
 *
 * @param <C> the type's configuration
 */
public abstract class SessionKeyContract<C extends Record> extends PartContract<C, SessionKey> {
    /** For sub-classes. */
    protected SessionKeyContract() {
        super(SessionKey.class);
    }

    @Override
    final List<?> ask(SessionKey part, Request request, TestCandidates candidates) {
        Optional<String> key = part.key(request);
        assertNotNull(key, "null instead of an Optional");
        return List.of(key);
    }
}
