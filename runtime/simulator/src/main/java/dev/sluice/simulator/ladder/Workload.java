package dev.sluice.simulator.ladder;

import dev.sluice.simulator.EngineProfile;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * A ladder of rates, and what runs on it.
 *
 * @param name in tables
 * @param source where it was published
 * @param profile of the engines
 * @param slowness of each engine; as long as the fleet is large
 * @param warmUp stage before the ones that count
 * @param stages in order
 * @param pauseSeconds between stages
 * @param ttftMs objective for the time to the first token
 * @param tpotMs objective for the time per output token after it
 * @param talks makes the conversations of one seed
 */
public record Workload(
        String name,
        String source,
        EngineProfile profile,
        List<Double> slowness,
        Stage warmUp,
        List<Stage> stages,
        double pauseSeconds,
        double ttftMs,
        double tpotMs,
        Function<SplittableRandom, Talks> talks) {
    /**
     * Conversations that begin at a rate, Poisson.
     *
     * @param rate per second
     */
    public record Stage(double rate, double seconds) {}

    /** Where conversations come from, one after the other. */
    public interface Talks {
        /** The next conversation. */
        Talk next();
    }

    /**
     * A conversation: each turn quotes everything before it.
     *
     * @param prompts prompt length by turn, tokens
     * @param outputs answer length by turn, tokens
     * @param gaps seconds from an answer to the next turn; one less than turns
     * @param blocks chained hashes of all blocks of the conversation
     * @param session its key, or empty
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Talk(int[] prompts, int[] outputs, double[] gaps, long[] blocks, String session) {}

    /** The same with fewer and shorter stages, for a quick look. */
    public Workload brief() {
        List<Stage> fewer = new java.util.ArrayList<>();
        for (int i = 0; i < stages.size(); i += 2) {
            fewer.add(new Stage(stages.get(i).rate(), Math.min(15, stages.get(i).seconds())));
        }
        return new Workload(
                name, source, profile, slowness, warmUp, fewer, Math.min(10, pauseSeconds), ttftMs, tpotMs, talks);
    }

    /** The same on another fleet, with objectives so many times as wide. */
    public Workload on(String other, List<Double> slow, double wider) {
        return new Workload(
                other, source, profile, slow, warmUp, stages, pauseSeconds, wider * ttftMs, wider * tpotMs, talks);
    }
}
