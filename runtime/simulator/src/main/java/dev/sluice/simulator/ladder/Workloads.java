package dev.sluice.simulator.ladder;

import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.Hashes;
import dev.sluice.simulator.ladder.Workload.Stage;
import dev.sluice.simulator.ladder.Workload.Talk;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Published workloads, with the parameters of their sources. */
public final class Workloads {
    private static final int BLOCK = 16;

    private Workloads() {}

    /** All, in the order of the table. */
    public static List<Workload> all() {
        Workload b2b = b2b();
        List<Double> oneSlow = new ArrayList<>(b2b.slowness());
        oneSlow.set(3, 2.0);
        return List.of(b2b, b2b.on("b2b, one engine at half speed", oneSlow, 2), chat(), reasoning(), code());
    }

    /**
     * llm-d's ladder of customers who share a system prompt: 150 groups of 5 prompts, 6,000 shared tokens, 1,200 own, 1,000
     * out, on eight Qwen3-32B engines whose caches together hold the set once (73 %). Objectives: 4 times the first token
     * and twice the token time of an idle engine. Stages above 40 per second are left out: no policy meets them there.
     */
    static Workload b2b() {
        double[][] steps = {{3, 20}, {10, 20}, {15, 20}, {20, 38}, {22, 34}, {25, 30}, {30, 25}, {35, 21}, {40, 38}};
        EngineProfile profile = EngineProfile.qwen32b();
        double ttft = firstToken(profile, 7200);
        double tpot = tokenTime(profile, 7700);
        return new Workload(
                "b2b ladder",
                "llm-d-benchmark guide_optimized-baseline_1",
                profile,
                Collections.nCopies(8, 1.0),
                new Stage(15, 50),
                stages(steps),
                30,
                4 * ttft,
                2 * tpot,
                Workloads::customers);
    }

    /** Those on which prompts are computed apart, in the order of the table. */
    public static List<Workload> split() {
        return List.of(random(), chat(), documents());
    }

    /**
     * llm-d's workload for prefill and decode apart: 5,000 tokens in, 250 out, nothing shared, on eight 70B engines. Objectives: 4
     * times the first token and twice the token time of an idle engine.
     */
    static Workload random() {
        EngineProfile profile = EngineProfile.llama70b();
        return new Workload(
                "random 5000/250",
                "llm-d-benchmark guide_pd-disaggregation_1, a ladder in place of its one rate",
                profile,
                Collections.nCopies(8, 1.0),
                new Stage(4, 20),
                stages(new double[][] {{6, 30}, {9, 30}, {12, 30}, {15, 30}, {18, 30}, {21, 30}}),
                10,
                4 * firstToken(profile, 5000),
                2 * tokenTime(profile, 5200),
                random -> once(random, r -> 5000, r -> 250));
    }

    /** Chats with some documents among them, one in ten: long prompts delay the chats beside them. */
    static Workload documents() {
        EngineProfile profile = EngineProfile.llama70b();
        return new Workload(
                "chats with long documents",
                "inference-perf workload catalog, lengths of interactive-chat (first turns) and batch-summarization-rag",
                profile,
                Collections.nCopies(8, 1.0),
                new Stage(6, 20),
                stages(new double[][] {{8, 30}, {12, 30}, {16, 30}, {20, 30}, {24, 30}, {28, 30}}),
                10,
                2000,
                2 * tokenTime(profile, 2000),
                random -> once(
                        random,
                        r -> r.nextInt(10) == 0 ? r.nextDouble(15_000, 30_000) : lognormal(r, 1000, 600, 100, 4000),
                        r -> normal(r, 300, 150, 10, 1000)));
    }

    private static Workload.Talks once(SplittableRandom random, Draw prompt, Draw output) {
        long[] number = {0};
        return () -> talk(random, number[0]++, 0, prompt.from(random), 1, r -> 0, output, r -> 0);
    }

    private static double firstToken(EngineProfile profile, double tokens) {
        return profile.requestOverheadMillis()
                + profile.stepBaseMillis()
                + tokens * profile.perPrefillTokenMillis()
                + tokens * tokens / 2 * profile.perPrefillTokenContextMillis();
    }

    private static double tokenTime(EngineProfile profile, double context) {
        return profile.stepBaseMillis() + profile.perSequenceMillis() + context * profile.perKvTokenMillis();
    }

    private static List<Stage> stages(double[][] steps) {
        List<Stage> stages = new ArrayList<>();
        for (double[] step : steps) {
            stages.add(new Stage(step[0], step[1]));
        }
        return stages;
    }

    private static Workload.Talks customers(SplittableRandom random) {
        List<Talk> set = new ArrayList<>();
        for (int group = 0; group < 150; group++) {
            for (int user = 0; user < 5; user++) {
                long[] blocks = chain(7200 / BLOCK, 6000 / BLOCK, group + 1, 1000L * group + user + 1_000_000);
                set.add(new Talk(new int[] {7200}, new int[] {1000}, new double[0], blocks, ""));
            }
        }
        Collections.shuffle(set, java.util.Random.from(random));
        int[] at = {0};
        return () -> set.get(at[0]++ % set.size());
    }

    private static long[] chain(int count, int shared, long group, long own) {
        long[] blocks = new long[count];
        long parent = Hashes.root("", "");
        for (int i = 0; i < count; i++) {
            parent = Hashes.next(parent, i < shared ? group : own);
            blocks[i] = parent;
        }
        return blocks;
    }

    /** Chat with people who think between turns, on eight Qwen3-32B engines. */
    static Workload chat() {
        return new Workload(
                "interactive chat",
                "inference-perf workload catalog, interactive-chat",
                EngineProfile.qwen32b(),
                Collections.nCopies(8, 1.0),
                new Stage(4, 60),
                stages(new double[][] {{4, 40}, {6, 40}, {8, 40}, {10, 40}, {12, 40}}),
                0,
                1000,
                50,
                random -> {
                    long[] number = {0};
                    return () -> talk(
                            random,
                            number[0]++,
                            1000,
                            lognormal(random, 4000, 2500, 500, 15_000),
                            (int) Math.round(lognormal(random, 4, 2.5, 1, 15)),
                            r -> lognormal(r, 50, 40, 10, 1000),
                            r -> normal(r, 300, 150, 10, 1000),
                            r -> lognormal(r, 45, 40, 5, 300));
                });
    }

    /** Short questions, very long answers (a quarter of the published length, so that a run is short). */
    static Workload reasoning() {
        return new Workload(
                "reasoning, scaled 1:4",
                "inference-perf workload catalog, reasoning",
                EngineProfile.qwen32b(),
                Collections.nCopies(8, 1.0),
                new Stage(10, 40),
                stages(new double[][] {{15, 40}, {25, 40}, {35, 40}, {45, 40}, {55, 40}, {65, 40}}),
                10,
                2000,
                100,
                random -> {
                    long[] number = {0};
                    return () -> talk(
                            random,
                            number[0]++,
                            250,
                            lognormal(random, 1000, 800, 100, 5000),
                            1,
                            r -> 0,
                            r -> Math.clamp(-Math.log(1 - r.nextDouble()) * 2000, 125, 8000),
                            r -> 0);
                });
    }

    /** Coding agents: long contexts that grow, short pauses. */
    static Workload code() {
        return new Workload(
                "code generation",
                "llm-d sticky-until-saturated study, code generation, contexts at half length",
                EngineProfile.llama8b(),
                Collections.nCopies(8, 1.0),
                new Stage(1, 60),
                stages(new double[][] {{1, 60}, {2, 60}, {3, 60}, {4, 60}, {5, 60}, {6, 60}}),
                0,
                5000,
                100,
                random -> {
                    long[] number = {0};
                    return () -> talk(
                            random,
                            number[0]++,
                            0,
                            random.nextDouble(3000, 52_000),
                            (int) Math.round(normal(random, 6, 3, 2, 20)),
                            r -> lognormal(r, 1500, 1200, 100, 10_000),
                            r -> lognormal(r, 800, 600, 50, 4000),
                            r -> lognormal(r, 5, 6, 1, 60));
                });
    }

    private interface Draw {
        double from(SplittableRandom random);
    }

    private static Talk talk(
            SplittableRandom random,
            long number,
            int system,
            double first,
            int turns,
            Draw input,
            Draw output,
            Draw gap) {
        int[] prompts = new int[turns];
        int[] outputs = new int[turns];
        double[] gaps = new double[turns - 1];
        int length = system + (int) first;
        for (int turn = 0; turn < turns; turn++) {
            length += turn == 0 ? 0 : (int) input.from(random);
            prompts[turn] = Math.max(1, length);
            outputs[turn] = Math.max(2, (int) output.from(random));
            length += outputs[turn];
            if (turn < gaps.length) {
                gaps[turn] = gap.from(random);
            }
        }
        int last = IntStream.range(0, turns)
                .filter(t -> prompts[t] + outputs[t] > 38_000 + 90_000 * (system == 0 ? 1 : 0))
                .findFirst()
                .orElse(turns);
        int kept = Math.max(1, last);
        long own = random.nextLong();
        long[] blocks = chain(length / BLOCK, system / BLOCK, 7, own);
        return new Talk(
                java.util.Arrays.copyOf(prompts, kept),
                java.util.Arrays.copyOf(outputs, kept),
                java.util.Arrays.copyOf(gaps, kept - 1),
                blocks,
                "s" + number);
    }

    /** Mean and standard deviation of the values themselves, not of their logarithms. */
    private static double lognormal(SplittableRandom random, double mean, double deviation, double least, double most) {
        double variance = Math.log(1 + deviation * deviation / (mean * mean));
        double mu = Math.log(mean) - variance / 2;
        return Math.clamp(Math.exp(mu + Math.sqrt(variance) * random.nextGaussian()), least, most);
    }

    private static double normal(SplittableRandom random, double mean, double deviation, double least, double most) {
        return Math.clamp(mean + deviation * random.nextGaussian(), least, most);
    }
}
