package dev.sluice.core;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.util.List;

/**
 * A scorer that answers elsewhere. All such scorers of a profile are asked at once, so that waiting for them takes as long
 * as the slowest one and not as long as all together.
 */
public interface RemoteScorer extends Scorer, OnceAsked {
    /**
     * Hands the question to all of {@code scorers}, this one among them, and returns at once.
     *
     * @return one answer per scorer, in their order
     */
    List<Answer> ask(List<RemoteScorer> scorers, Request request, Candidates candidates);

    /** What a scorer was asked. */
    @FunctionalInterface
    interface Answer {
        /**
         * Waits for the scores and writes them.
         *
         * @throws Abstained when there are none
         */
        void await(double[] scores);
    }
}
