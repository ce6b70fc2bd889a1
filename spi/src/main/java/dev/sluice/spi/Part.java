package dev.sluice.spi;

/**
 * Anything a factory makes. An instance implements one or more of the sub-types. All of them are called from many threads
 * at once, must not block and must not keep the objects that they are given beyond the call.
 */
public sealed interface Part extends AutoCloseable
        permits Filter,
                Scorer,
                Picker,
                ProfileHandler,
                Decider,
                Producer,
                Extractor,
                Admission,
                SessionKey,
                SaturationDetector,
                Observer,
                ResponseHeaderWriter,
                SourcePicker,
                Connector {
    /**
     * True when its answers depend on more than what it is given: on events of the past, or on something that it watches by
     * itself. They are then kept with the decision, because asking again, for an explanation, would not give them again.
     * What third parties answer is always kept. Must not change.
     */
    default boolean stateful() {
        return false;
    }

    /** Called once, after the last request that uses the instance has ended. */
    @Override
    default void close() {}
}
