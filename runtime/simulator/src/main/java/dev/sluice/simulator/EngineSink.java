package dev.sluice.simulator;

/**
 * What happens in an engine, told during {@link Engine#advance}. Times are nanoseconds on the caller's clock. A sink may call
 * {@link Engine#submit} and {@link Engine#abort}; both take effect with the next step.
 */
public interface EngineSink {
    /** The first admission to a batch: the prefix cache had {@code cachedTokens} of the prompt. */
    void started(long id, int cachedTokens, long atNanos);

    /** The {@code ordinal}-th output token, counted from 1. */
    void token(long id, int ordinal, long atNanos);

    /** The last event of a sequence, after its last token. Not told for {@link Engine#abort}, whose caller knows. */
    void finished(long id, FinishReason reason, Usage usage, long atNanos);

    /** The sequence lost its blocks and starts over from the queue; its tokens stay valid. */
    default void preempted(long id, long atNanos) {}
}
