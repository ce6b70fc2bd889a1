package dev.sluice.simulator.fleet;

import dev.sluice.core.Outcome;
import dev.sluice.core.Usage;

/** One call of an engine, seen from the gateway: exactly one of ended and failed comes, and nothing after it or after a cut. */
public abstract class Leg {
    private boolean over;

    /** The first token came. */
    protected abstract void firstToken();

    /** So many tokens came. */
    protected abstract void tokens(int count);

    /** The blocks of a prefill leg wait for somebody to fetch them; {@link #ended} comes next. */
    protected void kept(KvParams params) {}

    /** The answer is complete. */
    protected abstract void ended(Usage usage);

    /** There is no answer, or no more of it. */
    protected abstract void failed(Outcome outcome);

    /** True when nothing comes any more. */
    public final boolean over() {
        return over;
    }

    final void close() {
        over = true;
    }
}
