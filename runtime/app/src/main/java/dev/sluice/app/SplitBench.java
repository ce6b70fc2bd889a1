package dev.sluice.app;

import dev.sluice.core.Policy;
import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.core.Policy.Weighted;
import dev.sluice.plugins.LeastWorkConfig;
import dev.sluice.plugins.LeastWorkDeciderConfig;
import dev.sluice.plugins.PdConfig;
import dev.sluice.plugins.PickerConfig;
import dev.sluice.simulator.ladder.Arm;
import dev.sluice.simulator.ladder.Ladder;
import dev.sluice.simulator.ladder.Score;
import dev.sluice.simulator.ladder.Workload;
import dev.sluice.simulator.ladder.Workloads;
import dev.sluice.spi.Filter;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.Part;
import dev.sluice.spi.Picker;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Scorer;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Compares deciders for prefill and decode on different engines, in virtual time: {@code bench pd}. Prints one table per workload, in
 * Markdown: ours, always and never, over engines of which half compute prompts, and over engines that may all do both. Same
 * seeds, same table.
 */
final class SplitBench {
    private static final Duration SCRAPE = Duration.ofMillis(250);
    private static final List<String> DECIDERS = List.of("least-work-pd-decider", "always", "never");
    /** Two-sided 95 % of Student's t, by degrees of freedom less one. */
    private static final double[] T95 = {
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
        2.110, 2.101, 2.093
    };

    private SplitBench() {}

    /**
     * Runs the comparison.
     *
     * @param seeds at least 2; each is a cold fleet, the same arrivals for every decider
     * @param brief fewer, shorter stages
     * @param only run workloads whose name contains this; empty for all
     */
    static void run(int seeds, boolean brief, String only, PrintWriter out, PrintWriter progress) {
        out.printf(
                "Seeds 1 to %d%s. Goodput: share of the requests that came which finished within both objectives, mean of the"
                        + " stages around the knee, of seeds; ± is half of a 95 %% interval. Behind: how far goodput is from that of the"
                        + " better of always and never in the same pool, of the same seeds.%n",
                seeds, brief ? ", brief" : "");
        for (Workload full : Workloads.split()) {
            if (full.name().contains(only)) {
                workload(brief ? full.brief() : full, seeds, out, progress);
            }
        }
    }

    private static void workload(Workload workload, int seeds, PrintWriter out, PrintWriter progress) {
        out.printf(
                Locale.ROOT,
                "%n### %s%n%nSource: %s. %d engines (%s), objectives TTFT %.0f ms, TPOT %.1f ms.%n%n",
                workload.name(),
                workload.source(),
                workload.slowness().size(),
                workload.profile().name(),
                workload.ttftMs(),
                workload.tpotMs());
        StringBuilder head =
                new StringBuilder("| engines | decider | goodput | behind | TTFT p50 | p90 | p99 | TPOT |");
        workload.stages().forEach(stage -> head.append(String.format(Locale.ROOT, " %.0f/s |", stage.rate())));
        out.println(head);
        out.println("|--".repeat(8 + workload.stages().size()) + "|");
        for (Arm.Roles roles : List.of(Arm.Roles.HALVES, Arm.Roles.BOTH)) {
            List<List<List<Score>>> runs = new ArrayList<>();
            for (String decider : DECIDERS) {
                long start = System.nanoTime();
                Arm arm = new Arm(decider, () -> policy(decider), SCRAPE, roles);
                runs.add(IntStream.rangeClosed(1, seeds)
                        .parallel()
                        .mapToObj(seed -> Ladder.run(arm, workload, seed))
                        .toList());
                progress.printf(
                        Locale.ROOT,
                        "%s, %s, %s: %.1f s%n",
                        workload.name(),
                        words(roles),
                        decider,
                        (System.nanoTime() - start) / 1e9);
                progress.flush();
            }
            rows(roles, runs, out);
            out.flush();
        }
    }

    private static String words(Arm.Roles roles) {
        return roles == Arm.Roles.HALVES ? "half for prompts" : "all for both";
    }

    private static void rows(Arm.Roles roles, List<List<List<Score>>> runs, PrintWriter out) {
        List<List<Score>> merged = runs.stream().map(SplitBench::merged).toList();
        int[] knee = knee(merged);
        List<double[]> goodput = runs.stream()
                .map(run -> run.stream()
                        .mapToDouble(stages -> goodput(stages, knee))
                        .toArray())
                .toList();
        boolean always = mean(goodput.get(1)) >= mean(goodput.get(2));
        double[] better = goodput.get(always ? 1 : 2);
        for (int d = 0; d < DECIDERS.size(); d++) {
            double[] own = goodput.get(d);
            double[] behind = IntStream.range(0, own.length)
                    .mapToDouble(s -> better[s] - own[s])
                    .toArray();
            Score all = Score.empty();
            for (int stage : knee) {
                all.merge(merged.get(d).get(stage));
            }
            out.printf(
                    Locale.ROOT,
                    "| %s | %s | %.3f ± %.3f | %+.3f ± %.3f | %.0f | %.0f | %.0f | %.1f |",
                    words(roles),
                    DECIDERS.get(d),
                    mean(own),
                    half(own),
                    mean(behind),
                    half(behind),
                    all.ttftMs(0.5),
                    all.ttftMs(0.9),
                    all.ttftMs(0.99),
                    all.tpotMs());
            for (int stage = 0; stage < merged.get(d).size(); stage++) {
                int at = stage;
                boolean marked = IntStream.of(knee).anyMatch(k -> k == at);
                out.printf(Locale.ROOT, " %.2f%s |", merged.get(d).get(stage).goodput(), marked ? "*" : "");
            }
            out.println();
        }
    }

    private static List<Score> merged(List<List<Score>> runs) {
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

    private static double goodput(List<Score> stages, int[] knee) {
        return IntStream.of(knee)
                .mapToDouble(k -> stages.get(k).goodput())
                .average()
                .orElse(0);
    }

    /** Stages in which some decider still reaches a tenth and some no longer reaches 95 %; the last one when there is none. */
    private static int[] knee(List<List<Score>> merged) {
        int stages = merged.getFirst().size();
        int[] knee = IntStream.range(0, stages)
                .filter(s -> merged.stream().anyMatch(d -> d.get(s).goodput() >= 0.1)
                        && merged.stream().anyMatch(d -> d.get(s).goodput() <= 0.95))
                .toArray();
        return knee.length > 0 ? knee : new int[] {stages - 1};
    }

    private static double mean(double[] values) {
        return IntStream.range(0, values.length)
                .mapToDouble(i -> values[i])
                .average()
                .orElse(Double.NaN);
    }

    private static double half(double[] values) {
        int n = values.length;
        double mean = mean(values);
        double variance = IntStream.range(0, n)
                        .mapToDouble(i -> (values[i] - mean) * (values[i] - mean))
                        .sum()
                / (n - 1);
        return T95[Math.min(n - 2, T95.length - 1)] * Math.sqrt(variance / n);
    }

    private static Policy policy(String decider) {
        Optional<String> named = decider.equals("never") ? Optional.empty() : Optional.of("decider");
        List<Part> others = decider.equals("never")
                ? List.of()
                : List.of(
                        decider.equals("always")
                                ? RoutingBench.part("always-disagg-pd-decider", new NoConfig())
                                : RoutingBench.part(decider, new LeastWorkDeciderConfig(0.5, 8192)));
        Part handler = RoutingBench.part(
                "pd-profile-handler", new PdConfig("decode", "prefill", named, OptionalInt.empty()), others);
        return new Policy(
                "bench",
                List.of(),
                List.of(),
                new Named<>("pd-profile-handler", "handler", (ProfileHandler) handler),
                List.of(profile("decode", "decode-filter"), profile("prefill", "prefill-filter")));
    }

    private static Profile profile(String name, String filter) {
        Scorer scorer = (Scorer) RoutingBench.part("least-work-scorer", LeastWorkConfig.defaults());
        Picker picker = (Picker) RoutingBench.part("max-score-picker", new PickerConfig(1));
        return new Profile(
                name,
                List.of(new Named<>(filter, filter, (Filter) RoutingBench.part(filter, new NoConfig()))),
                List.of(new Weighted(new Named<>("least-work-scorer", "least-work-scorer", scorer), 1)),
                new Named<>("picker", "picker", picker));
    }
}
