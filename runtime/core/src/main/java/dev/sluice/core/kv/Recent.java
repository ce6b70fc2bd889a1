package dev.sluice.core.kv;

import java.util.function.BiConsumer;

/**
 * Prompts that were sent to engines a moment ago, of whose blocks no event can have come yet: whoever asks for the same right
 * behind them should follow. A ring of the last ones; those that are older than {@value #SECONDS} s don't count. Thread-safe.
 */
public final class Recent {
    private static final int MOST = 128;
    private static final int SECONDS = 2;
    private static final long LIFE = SECONDS * 1_000_000_000L;

    private record Sent(String endpoint, long[] keys, long at) {}

    private final Sent[] ring = new Sent[MOST];
    private int next;

    /** Nothing was sent yet. */
    public Recent() {}

    /**
     * A prompt goes to an engine.
     *
     * @param keys of its blocks, by {@link BlockKeys}
     * @param now ns; never less than before
     */
    public synchronized void sent(String endpoint, long[] keys, long now) {
        if (keys.length > 0) {
            ring[next++ % MOST] = new Sent(endpoint, keys, now);
        }
    }

    /** Tells of endpoints that were sent leading blocks of a prompt, and how many. */
    public synchronized void match(long[] keys, int count, long now, BiConsumer<String, Integer> told) {
        for (int i = 1; i <= Math.min(next, MOST); i++) {
            Sent sent = ring[(next - i) % MOST];
            if (now - sent.at() > LIFE) {
                return;
            }
            int common = common(keys, count, sent.keys());
            if (common > 0) {
                told.accept(sent.endpoint(), common);
            }
        }
    }

    /** A key stands for all blocks before it, so where the chains part is found by halving. */
    private static int common(long[] keys, int count, long[] other) {
        int low = 0;
        int high = Math.min(count, other.length);
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (keys[middle - 1] == other[middle - 1]) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
