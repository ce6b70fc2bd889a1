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

    /**
     * A sequence with a {@link KvTransfer.Pull} has blocks here and wants their content: {@code tokens} of its prompt from
     * {@code from} on, which was in the prefix cache. It waits until {@link EngineKv#pulled} or {@link EngineKv#pullFailed}, which
     * must not be called from in here.
     */
    default void pull(long id, int from, int tokens, long atNanos) {}

    /** The blocks of a sequence that asked for it are pinned; its {@link #finished} comes next. */
    default void kept(KvPin pin, long atNanos) {}

    /** A lease ended and nobody had fetched the blocks; they are free. */
    default void expired(KvPin pin, long atNanos) {}

    /** The engine died of parameters that vLLM 0.32 cannot stand. It holds nothing any more and takes nothing. */
    default void died(String why, long atNanos) {}
}
