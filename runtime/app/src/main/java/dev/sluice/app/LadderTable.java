package dev.sluice.app;

import dev.sluice.simulator.ladder.Arm;
import dev.sluice.simulator.ladder.Ladder;
import dev.sluice.simulator.ladder.Score;
import dev.sluice.simulator.ladder.Workload;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** What the comparisons in virtual time have in common: runs of paired seeds, the stages around the knee, intervals, and rows. */
final class LadderTable {
    /** Two-sided 95 % of Student's t, by degrees of freedom less one. */
    private static final double[] T95 = {
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
        2.110, 2.101, 2.093
    };

    private LadderTable() {}

    /** One arm's scores, by seed from 1, then by stage. */
    static List<List<Score>> runs(Arm arm, Workload workload, int seeds, String label, PrintWriter progress) {
        long start = System.nanoTime();
        List<List<Score>> runs = IntStream.rangeClosed(1, seeds)
                .parallel()
                .mapToObj(seed -> Ladder.run(arm, workload, seed))
                .toList();
        progress.printf(Locale.ROOT, "%s, %s: %.1f s%n", workload.name(), label, (System.nanoTime() - start) / 1e9);
        progress.flush();
        return runs;
    }

    /** The same by stage, all seeds together. */
    static List<Score> merged(List<List<Score>> runs) {
        List<Score> sum = new ArrayList<>();
        for (int stage = 0; stage < runs.getFirst().size(); stage++) {
            Score all = Score.empty();
            for (List<Score> run : runs) {
                all.merge(run.get(stage));
            }
            sum.add(all);
        }
        return sum;
    }

    /** Stages in which some arm still reaches a tenth and some no longer reaches 95 %; the last one when there is none. */
    static int[] knee(List<List<Score>> merged) {
        int stages = merged.getFirst().size();
        int[] knee = IntStream.range(0, stages)
                .filter(s -> merged.stream().anyMatch(d -> d.get(s).goodput() >= 0.1)
                        && merged.stream().anyMatch(d -> d.get(s).goodput() <= 0.95))
                .toArray();
        return knee.length > 0 ? knee : new int[] {stages - 1};
    }

    static boolean inside(int[] knee, int stage) {
        return IntStream.of(knee).anyMatch(k -> k == stage);
    }

    /** Mean goodput of the stages around the knee, by seed. */
    static double[] goodput(List<List<Score>> runs, int[] knee) {
        return runs.stream().mapToDouble(stages -> goodputOf(stages, knee)).toArray();
    }

    /** Mean goodput of the stages around the knee. */
    static double goodputOf(List<Score> stages, int[] knee) {
        return IntStream.of(knee)
                .mapToDouble(k -> stages.get(k).goodput())
                .average()
                .orElse(0);
    }

    /** All requests of the stages around the knee. */
    static Score around(List<Score> stages, int[] knee) {
        Score all = Score.empty();
        for (int stage : knee) {
            all.merge(stages.get(stage));
        }
        return all;
    }

    /** By how much each seed's value is less than that of another arm. */
    static double[] behind(double[] own, double[] other) {
        return IntStream.range(0, own.length)
                .mapToDouble(s -> other[s] - own[s])
                .toArray();
    }

    static double mean(double[] values) {
        return IntStream.range(0, values.length)
                .mapToDouble(i -> values[i])
                .average()
                .orElse(Double.NaN);
    }

    /** Half of a 95 % interval of the mean; needs two values. */
    static double half(double[] values) {
        int n = values.length;
        double mean = mean(values);
        double variance = IntStream.range(0, n)
                        .mapToDouble(i -> (values[i] - mean) * (values[i] - mean))
                        .sum()
                / (n - 1);
        return T95[Math.min(n - 2, T95.length - 1)] * Math.sqrt(variance / n);
    }

    /** A workload's heading. */
    static void title(Workload workload, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%n### %s%n%nSource: %s. %d engines (%s), objectives TTFT %.0f ms, TPOT %.1f ms.%n%n",
                workload.name(),
                workload.source(),
                workload.slowness().size(),
                workload.profile().name(),
                workload.ttftMs(),
                workload.tpotMs());
    }

    /** The end of a row: goodput by stage, those around the knee marked. */
    static void stages(List<Score> stages, int[] knee, PrintWriter out) {
        for (int stage = 0; stage < stages.size(); stage++) {
            out.printf(Locale.ROOT, " %.2f%s |", stages.get(stage).goodput(), inside(knee, stage) ? "*" : "");
        }
        out.println();
    }

    /** A table's head: its own columns, then one for each stage. */
    static void head(String columns, Workload workload, PrintWriter out) {
        StringBuilder head = new StringBuilder(columns);
        workload.stages().forEach(stage -> head.append(String.format(Locale.ROOT, " %.0f/s |", stage.rate())));
        out.println(head);
        out.println("|--".repeat((int) head.chars().filter(c -> c == '|').count() - 1) + "|");
    }
}
