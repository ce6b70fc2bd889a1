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

/**
 * Compares deciders for prefill and decode on different engines, in virtual time: {@code bench pd}. Prints one table per workload, in
 * Markdown: ours, always and never, over engines of which half compute prompts, and over engines that may all do both. Same
 * seeds, same table.
 */
final class SplitBench {
    private static final Duration SCRAPE = Duration.ofMillis(250);
    private static final List<String> DECIDERS = List.of("least-work-pd-decider", "always", "never");

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
        LadderTable.title(workload, out);
        LadderTable.head("| engines | decider | goodput | behind | TTFT p50 | p90 | p99 | TPOT |", workload, out);
        for (Arm.Roles roles : List.of(Arm.Roles.HALVES, Arm.Roles.BOTH)) {
            List<List<List<Score>>> runs = new ArrayList<>();
            for (String decider : DECIDERS) {
                Arm arm = new Arm(decider, () -> policy(decider), SCRAPE, roles);
                runs.add(LadderTable.runs(arm, workload, seeds, words(roles) + ", " + decider, progress));
            }
            rows(roles, runs, out);
            out.flush();
        }
    }

    private static String words(Arm.Roles roles) {
        return roles == Arm.Roles.HALVES ? "half for prompts" : "all for both";
    }

    private static void rows(Arm.Roles roles, List<List<List<Score>>> runs, PrintWriter out) {
        List<List<Score>> merged = runs.stream().map(LadderTable::merged).toList();
        int[] knee = LadderTable.knee(merged);
        List<double[]> goodput =
                runs.stream().map(run -> LadderTable.goodput(run, knee)).toList();
        boolean always = LadderTable.mean(goodput.get(1)) >= LadderTable.mean(goodput.get(2));
        double[] better = goodput.get(always ? 1 : 2);
        for (int d = 0; d < DECIDERS.size(); d++) {
            double[] own = goodput.get(d);
            double[] behind = LadderTable.behind(own, better);
            Score all = LadderTable.around(merged.get(d), knee);
            out.printf(
                    Locale.ROOT,
                    "| %s | %s | %.3f ± %.3f | %+.3f ± %.3f | %.0f | %.0f | %.0f | %.1f |",
                    words(roles),
                    DECIDERS.get(d),
                    LadderTable.mean(own),
                    LadderTable.half(own),
                    LadderTable.mean(behind),
                    LadderTable.half(behind),
                    all.ttftMs(0.5),
                    all.ttftMs(0.9),
                    all.ttftMs(0.99),
                    all.tpotMs());
            LadderTable.stages(merged.get(d), knee, out);
        }
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
