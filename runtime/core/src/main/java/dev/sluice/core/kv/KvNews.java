package dev.sluice.core.kv;

/** What a {@link KvEventSource} tells of one engine, in this order and in no other. */
public sealed interface KvNews {
    /** The next batch: its sequence number follows that of the one before. */
    record Batch(KvBatch batch) implements KvNews {}

    /**
     * All that was told before is void: the engine has restarted, or something was lost and can't be had again.
     *
     * @param whole true when all that the engine holds is told from here on; false when it holds more that nobody will tell
     * @param reason in words, for operators
     */
    record Reset(boolean whole, String reason) implements KvNews {}

    /**
     * Whether what was told is up to date.
     *
     * @param live false from the moment when something may have been missed until it has been told
     */
    record Live(boolean live) implements KvNews {}
}
