package dev.sluice.gateway.kv;

/** Counts what happens to KV events. Called from any thread. */
public interface KvCounts {
    /** Counts nothing. */
    KvCounts NONE = new KvCounts() {
        @Override
        public void events(String pool, String outcome, long many) {}

        @Override
        public void reset(String pool, String cause) {}
    };

    /** What became of events: {@code applied}, {@code unknown} (of blocks that nobody knows), {@code malformed} … */
    void events(String pool, String outcome, long many);

    /** A map was dropped: {@code told} by the engine or the reader, {@code audit} when answers proved it wrong. */
    void reset(String pool, String cause);
}
