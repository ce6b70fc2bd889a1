package dev.sluice.spi;

/**
 * Is told where requests go and how that ended. For state that grows out of the gateway's own decisions: who was used
 * last, what is in flight, where a session lives. Part of no profile: an instance hears of every request of its routing
 * section.
 *
 * <p>For one choice: {@link #chosen}, then {@link #began} if the answer did begin, then {@link #ended}, exactly once. A
 * request that is tried at another endpoint is another choice. The gateway's own instances are called in the order of the
 * events, while the pool's state is held: they must be done within microseconds. A third party's instance is told the same
 * events in the same order on a thread of the plugin's, a little later; when it lags too far behind, or its breaker is
 * open, events are dropped and counted, so whoever adds up must let what is old expire. An instance that replaces another
 * is not told of requests that were chosen before, and one that has been closed of nothing any more.
 */
public non-sealed interface Observer extends Part {
    /**
     * A request is about to be sent.
     *
     * @param candidates all that might have served it, before any filter; the numbers are those of the decision,
     *     attributes are not kept
     */
    default void chosen(Request request, Candidates candidates, Choice choice) {}

    /**
     * The first token came, or the first bytes of an answer that is no stream.
     *
     * @param at on the clock of {@link Choice#at}
     */
    default void began(Request request, Choice choice, long at) {}

    /** It is over, one way or the other. */
    default void ended(Request request, Choice choice, Ending ending) {}
}
