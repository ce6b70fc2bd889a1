package dev.sluice.core;

/** Where a decision reports what a plugin did wrong. */
@FunctionalInterface
public interface Faults {
    /** Ignores faults: for repeated decisions whose faults were counted the first time. */
    Faults IGNORED = (point, name, fault) -> {};

    /**
     * One fault; the plugin lost its vote in this decision.
     *
     * @param point filter, scorer, picker, producer, admission or profile-handler
     * @param name the instance's name
     * @param fault what was thrown, or an {@link IllegalStateException} that describes a bad value
     */
    void fault(String point, String name, Throwable fault);
}
