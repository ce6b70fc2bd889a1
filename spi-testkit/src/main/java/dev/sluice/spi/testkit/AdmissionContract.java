package dev.sluice.spi.testkit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.sluice.spi.Admission;
import dev.sluice.spi.Request;
import java.util.List;
import java.util.Optional;

/**
 * The contract of an {@link Admission}.
 *
 * @param <C> the type's configuration
 */
public abstract class AdmissionContract<C extends Record> extends PartContract<C, Admission> {
    /** For sub-classes. */
    protected AdmissionContract() {
        super(Admission.class);
    }

    @Override
    final List<?> ask(Admission part, Request request, TestCandidates candidates) {
        Optional<String> refusal = part.refuse(request, candidates);
        assertNotNull(refusal, "null instead of an Optional");
        refusal.ifPresent(reason -> assertFalse(reason.isBlank(), "refused without a reason"));
        return List.of(refusal);
    }
}
