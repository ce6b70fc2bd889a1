package dev.sluice.core.kv;

/** Takes what is told of one engine. */
public interface KvEventSink {
    /**
     * Takes news. Called by one thread at a time; returns at once.
     *
     * @return false when there is no room now: the source keeps the news, reads nothing more from this engine, and offers
     *     again some milliseconds later
     */
    boolean offer(KvNews news);

    /** Counts what did not become news. From any thread. */
    void count(Oddity what, long many);

    /** Things that happen to events before they become news. */
    enum Oddity {
        /** Bytes that are no batch, or an event in a batch that is none; the rest of the batch counts. */
        MALFORMED,
        /** Events that say nothing of the prefix cache, such as those of sliding-window layers. */
        IGNORED,
        /** Batches that came a second time. */
        DUPLICATE,
        /** Batches that were missing when a later one came. */
        MISSED,
        /** Batches that came by a replay. */
        REPLAYED
    }
}
