package dev.sluice.core.flow;

import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is among the flows of one band. Told of everything that happens to them; asked only for the next. A policy sees no
 * clock but the one it is given.
 */
interface Fairness {
    /** A flow that had nothing waiting has now. */
    void waiting(Flow flow, long now);

    /** A flow has nothing waiting any more. */
    void idle(Flow flow, long now);

    /** A flow's first ticket may be another one than before. */
    default void headChanged(Flow flow) {}

    /** The flow whose first ticket leaves next; null when none waits. */
    @Nullable
    Flow next(long now);

    /** A ticket of this flow leaves for an engine; it still counts as waiting. */
    void served(Flow flow, Ticket ticket, long now);

    /**
     * What a request of this flow really took is known.
     *
     * @param more us by which it took more than was predicted; negative for less
     */
    default void amend(Flow flow, double more) {}

    /**
     * Tokens that a request really had are known.
     *
     * @param tokens weighted as the policy's source says
     */
    default void tokens(String flow, double tokens, long now) {}

    /** Work that would leave before a further ticket of this flow, us, in the same band. */
    double ahead(Band band, @Nullable Flow flow, double weight, long work);

    /**
     * The same where flows take turns, whatever their weights.
     *
     * @param waiting flows of which something waits
     */
    static double aheadInTurn(Band band, @Nullable Flow flow, long work, int waiting) {
        boolean among = flow != null && flow.count > 0;
        double mine = flow == null ? 0 : flow.work;
        return Math.min((double) band.work, (mine + work) * (waiting + (among ? 0 : 1)) - work);
    }

    /** Whether something is to be remembered of this flow although nothing of it waits. */
    boolean remembers(Flow flow);

    /** Whether nothing is to be remembered. */
    boolean forgetful();
}
