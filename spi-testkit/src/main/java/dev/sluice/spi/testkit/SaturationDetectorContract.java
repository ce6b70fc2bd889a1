package dev.sluice.spi.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.spi.Request;
import dev.sluice.spi.SaturationDetector;
import java.util.List;

/**
 * The contract of a {@link SaturationDetector}.
 *
 * @param <C> the type's configuration
 */
public abstract class SaturationDetectorContract<C extends Record> extends PartContract<C, SaturationDetector> {
    /** For sub-classes. */
    protected SaturationDetectorContract() {
        super(SaturationDetector.class);
    }

    @Override
    final List<?> ask(SaturationDetector part, Request request, TestCandidates candidates) {
        double saturation = part.saturation(candidates);
        assertTrue(
                Double.isNaN(saturation) || (saturation >= 0 && saturation < Double.POSITIVE_INFINITY),
                () -> "saturation is " + saturation + ": must be 0 or more, or NaN for unknown");
        return List.of(saturation);
    }
}
