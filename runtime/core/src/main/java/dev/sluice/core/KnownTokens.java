package dev.sluice.core;

/**
 * How many of a prompt's tokens endpoints hold as their engines say themselves, by slot. What is not known here is left to the
 * approximate index.
 */
public final class KnownTokens {
    /** Nothing is known of anybody. */
    public static final KnownTokens NONE = new KnownTokens(0);

    private final int[] tokens;
    private final boolean[] exact;

    /** Knows nothing yet of that many slots. */
    public KnownTokens(int slots) {
        tokens = new int[slots];
        exact = new boolean[slots];
        java.util.Arrays.fill(tokens, -1);
    }

    /**
     * Says what a slot's endpoint holds. To be called before a decision sees it.
     *
     * @param held tokens worth computing less, at least 0; a block that has to be fetched from slower memory counts for less
     * @param precise true when it holds no more than that
     */
    public void put(int slot, int held, boolean precise) {
        tokens[slot] = held;
        exact[slot] = precise;
    }

    /** Tokens that the slot's endpoint holds, or -1 when its engine says nothing. */
    public int tokens(int slot) {
        return slot < tokens.length ? tokens[slot] : -1;
    }

    /** True when the slot's endpoint holds no more than {@link #tokens}. */
    public boolean exact(int slot) {
        return slot < exact.length && exact[slot];
    }
}
