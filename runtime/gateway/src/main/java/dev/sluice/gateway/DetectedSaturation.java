package dev.sluice.gateway;

import dev.sluice.core.Abstained;
import dev.sluice.core.Faults;
import dev.sluice.core.Policy.Named;
import dev.sluice.core.Pool;
import dev.sluice.core.PoolSaturation;
import dev.sluice.core.flow.Saturation;
import dev.sluice.spi.SaturationDetector;

/**
 * A pool's saturation as a detector says it. What it says holds until the pool changes, and for as long as metrics may be old: it is asked
 * inside the pool's lock. Requests that may go on and are not charged yet are not in its picture, so there are never more
 * of them than endpoints. A detector that fails says nothing, and then nobody is held back.
 */
final class DetectedSaturation implements Saturation {
    private static final long FRESH_NS = 50_000_000L;

    private final Named<SaturationDetector> detector;
    private final Faults faults;
    private long version = -1;
    private long at;
    private double said = Double.NaN;

    DetectedSaturation(Named<SaturationDetector> detector, Faults faults) {
        this.detector = detector;
        this.faults = faults;
    }

    @Override
    public double of(Pool pool, int granted, double grantedMs, long now) {
        if (granted > 0 && granted >= pool.size()) {
            return 1;
        }
        if (version != pool.version() || now - at > FRESH_NS) {
            said = ask(pool, now);
            version = pool.version();
            at = now;
        }
        return said;
    }

    private double ask(Pool pool, long now) {
        try {
            return PoolSaturation.of(detector.part(), pool.snapshot(now));
        } catch (Abstained silent) {
            return Double.NaN;
        } catch (StackOverflowError | LinkageError | RuntimeException fault) {
            faults.fault("saturation-detector", detector.name(), fault);
            return Double.NaN;
        }
    }
}
