package dev.sluice.core;

import dev.sluice.spi.Admission;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.SaturationDetector;
import java.util.Optional;

/**
 * Refuses requests of negative priority while a pool is saturated, as llm-d does when flow control is off. A detector that
 * can't tell refuses nobody.
 */
public final class Shedding implements Admission {
    private final SaturationDetector detector;

    /** Asks this detector. */
    public Shedding(SaturationDetector detector) {
        this.detector = detector;
    }

    @Override
    public Optional<String> refuse(Request request, Candidates candidates) {
        if (request.priority() >= 0) {
            return Optional.empty();
        }
        double saturation = detector.saturation(candidates);
        return saturation >= 1
                ? Optional.of("saturation is " + saturation + " and the request's priority " + request.priority())
                : Optional.empty();
    }

    @Override
    public boolean stateful() {
        return detector instanceof OnceAsked || detector.stateful();
    }
}
