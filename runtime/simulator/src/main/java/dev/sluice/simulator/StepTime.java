package dev.sluice.simulator;

/** How long steps take: the profile's formula, a seeded noise, and a fault that slows everything down. */
final class StepTime {
    private final EngineProfile profile;
    private long random;
    private double slowness = 1;

    StepTime(EngineProfile profile, long seed) {
        this.profile = profile;
        random = seed;
    }

    void slowDown(double factor) {
        if (!(factor > 0)) {
            throw new IllegalArgumentException("a slow-down factor is above 0, not " + factor);
        }
        slowness = factor;
    }

    /** Of the next step, ns; at least 1. */
    long nanos(StepLoad load) {
        random += 0x9E3779B97F4A7C15L;
        var noise = (Hashes.mix(random) >>> 11) * 0x1.0p-52 - 1;
        var millis = load.millis(profile) * slowness * (1 + profile.jitter() * noise);
        return Math.max(1, Math.round(millis * 1e6) + load.loadNanos);
    }
}
