package dev.sluice.core.kv;

/**
 * Whether one engine's map can be believed, judged by what its answers say it found. Requests of which the map said nothing
 * prove nothing and are left out.
 *
 * <p><b>Restart in silence.</b> Of the last 20 predictions, {@value #MISSES} that were far from true are a map of another
 * life: it is to be dropped. A healthy map is wrong when a block was evicted between decision and admission, which is rare, and
 * seldom by more than half.
 *
 * <p><b>Lies.</b> An engine whose map has to be dropped again and again is not believed for the next {@value #SENTENCE}
 * predictions; its map is kept and audited meanwhile. Not thread-safe.
 */
public final class Audit {
    /** Predictions that are looked back on. */
    public static final int WINDOW = 20;

    private static final int MISSES = 4;
    private static final int SENTENCE = 200;
    private static final int PATIENCE = 3;

    private int window;
    private int seen;
    private int drops;
    private int sentence;
    private long predicted;
    private long reported;
    private long confirmed;

    /**
     * An answer came.
     *
     * @param predictedTokens what the map said, at least 0
     * @param reportedTokens what the engine found, at least 0
     * @return true when the map must be dropped now
     */
    public boolean observe(int predictedTokens, int reportedTokens) {
        predicted += predictedTokens;
        reported += reportedTokens;
        confirmed += Math.min(predictedTokens, reportedTokens);
        if (predictedTokens <= 0) {
            return false;
        }
        sentence = Math.max(0, sentence - 1);
        boolean miss = 2L * reportedTokens < predictedTokens;
        window = ((window << 1) | (miss ? 1 : 0)) & ((1 << WINDOW) - 1);
        if (!miss && ++seen >= SENTENCE) {
            seen = 0;
            drops = Math.max(0, drops - 1);
        }
        if (Integer.bitCount(window) < MISSES) {
            return false;
        }
        window = 0;
        seen = 0;
        if (++drops >= PATIENCE) {
            drops = 0;
            sentence = SENTENCE;
        }
        return true;
    }

    /** False while the engine's map is not to be used. */
    public boolean believed() {
        return sentence == 0;
    }

    /** Tokens that were predicted. */
    public long predicted() {
        return predicted;
    }

    /** Tokens that engines found in their caches. */
    public long reported() {
        return reported;
    }

    /** Of the predicted, those that were found: precision is this over predicted, recall is this over reported. */
    public long confirmed() {
        return confirmed;
    }
}
