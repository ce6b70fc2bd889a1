package dev.sluice.spi;

/**
 * Anything a factory makes. An instance implements one or more of the sub-types. All of them are called from many threads
 * at once, must not block and must not keep the objects that they are given beyond the call.
 */
public sealed interface Part extends AutoCloseable
        permits Filter, Scorer, Picker, ProfileHandler, Decider, Producer, Extractor, Admission, SessionKey, Connector {
    /** Called once, after the last request that uses the instance has ended. */
    @Override
    default void close() {}
}
