package dev.sluice.spi.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Request;
import dev.sluice.spi.Role;
import dev.sluice.spi.SourcePicker;
import java.util.List;
import java.util.Map;

/**
 * The contract of a {@link SourcePicker}.
 *
 * @param <C> the type's configuration
 */
public abstract class SourcePickerContract<C extends Record> extends PartContract<C, SourcePicker> {
    private static final Endpoint COMPUTING = new Endpoint("computing", "10.9.9.9:8000", Role.BOTH, Map.of());

    /** For sub-classes. */
    protected SourcePickerContract() {
        super(SourcePicker.class);
    }

    @Override
    final List<?> ask(SourcePicker part, Request request, TestCandidates candidates) {
        if (candidates.size() == 0) {
            return List.of(-1); // nobody asks when there is no source
        }
        int picked = part.source(request, candidates, COMPUTING, 0);
        assertTrue(picked < candidates.size(), () -> "picked source " + picked + " of " + candidates.size());
        return List.of(Math.max(-1, picked));
    }
}
