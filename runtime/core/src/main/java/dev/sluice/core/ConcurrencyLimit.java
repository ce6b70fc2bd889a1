package dev.sluice.core;

/**
 * How many requests one engine is given at a time when the configuration says {@code auto}.
 *
 * <p>An engine runs so many requests at once as its own limit ({@code max_num_seqs}) and its KV cache allow, and puts the
 * rest into a line of its own. That line is of use: it keeps the engine busy, and requests may wait where their prefix is
 * cached. But it can't be left for another engine, knows no deadline, and hides an overload that the client had better be
 * told of. So the line there may be as long as what the engine runs, and the rest waits here: the limit is twice the
 * capacity, less what others have put there.
 *
 * <p>No page says what the capacity is, and it changes with the length of the requests; but an engine that has a line runs
 * all it can. So while two pages in a row show a line, the number that runs is a sample: a larger one counts at once, a
 * smaller one slowly, because an engine that is still computing the prompts of a burst runs less than it will. While there
 * is no line, an engine that is at its limit shows that it can do more, and the limit doubles with every page. Thus the
 * limit never starves an engine for longer than a page's age: as long as it is too low there is no line. Without a line nothing lowers
 * it: an engine that runs less than it was given has answered, and its answers wait for slow readers.
 *
 * <p>Not the gradient of latencies (Netflix' concurrency-limits, Envoy's adaptive concurrency): the time of an answer says
 * more of its length than of the load. Not a fixed number: 256 is half of what an engine of 512 sequences runs, and a line
 * of four minutes before one of four.
 */
final class ConcurrencyLimit {
    /** Before anything is known: vLLM's default for {@code max_num_seqs} on most hardware. */
    static final int PRIOR = 256;
    /** A page is a moment's view; a limit of this size never depends on one request more or less. */
    static final int LEAST = 16;

    static final int MOST = 8192;

    private static final double FORGETTING = 0.05;
    private static final double FOREIGN = 0.3;

    private double capacity = Double.NaN;
    private double foreign;
    private boolean line;

    /**
     * A metrics page was read. What it does not say is unknown and teaches nothing.
     *
     * @param running requests that the engine computes, NaN for unknown
     * @param waiting requests in its line, NaN for unknown
     * @param inFlight requests that we have there
     */
    void scraped(double running, double waiting, int inFlight) {
        if (Double.isNaN(running) || Double.isNaN(waiting)) {
            return;
        }
        int limit = limit();
        foreign += FOREIGN * (Math.max(0, running + waiting - inFlight) - foreign);
        boolean lineNow = waiting >= 1;
        if (lineNow && line) {
            boolean slower = running < capacity;
            capacity = slower ? capacity + FORGETTING * (running - capacity) : running;
        } else if (!lineNow && inFlight >= limit && running > (Double.isNaN(capacity) ? PRIOR / 2.0 : capacity)) {
            capacity = running;
        }
        line = lineNow;
    }

    /** Requests that may be charged to the endpoint at a time. */
    int limit() {
        return Double.isNaN(capacity) ? PRIOR : (int) Math.clamp(2 * capacity - foreign, LEAST, MOST);
    }
}
