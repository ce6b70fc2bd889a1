package dev.sluice.app;

import dev.sluice.simulator.ladder.Arm;
import dev.sluice.simulator.ladder.Arm.Caches;
import dev.sluice.simulator.ladder.Score;
import dev.sluice.simulator.ladder.Workload;
import dev.sluice.simulator.ladder.Workloads;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What it is worth to be told what engines have cached, in virtual time: {@code bench kv}. The same policy with KV events, with
 * guesses and without knowing anything, for two policies, in Markdown. Same seeds, same table.
 */
final class KnownCacheBench {
    private static final List<Caches> CACHES = List.of(Caches.TOLD, Caches.GUESSED, Caches.UNKNOWN);

    private KnownCacheBench() {}

    /**
     * Runs the comparison.
     *
     * @param seeds at least 2; each is a cold fleet, the same arrivals for everybody
     * @param brief fewer, shorter stages
     * @param only run workloads whose name contains this; empty for the ladder whose prompts fill 73 % of all caches
     */
    static void run(int seeds, boolean brief, String only, PrintWriter out, PrintWriter progress) {
        out.printf(
                "Seeds 1 to %d%s. Goodput: share of the requests that came which finished within both objectives, mean of the"
                        + " stages around the knee, of seeds; ± is half of a 95 %% interval. Ahead: how far that is above"
                        + " \"guessed\" of the same policy and seeds.%n",
                seeds, brief ? ", brief" : "");
        Workload ladder = Workloads.all().getFirst();
        for (Workload full : Workloads.all()) {
            boolean wanted = only.isEmpty()
                    ? full.name().equals(ladder.name())
                    : full.name().contains(only);
            if (wanted) {
                workload(brief ? full.brief() : full, seeds, out, progress);
            }
        }
    }

    private static void workload(Workload workload, int seeds, PrintWriter out, PrintWriter progress) {
        List<Arm> arms = List.of(RoutingBench.leastWork(), RoutingBench.blend());
        List<List<List<List<Score>>>> all = new ArrayList<>();
        List<List<Score>> merged = new ArrayList<>();
        for (Arm arm : arms) {
            List<List<List<Score>>> own = new ArrayList<>();
            for (Caches caches : CACHES) {
                String label = arm.name() + ", " + words(caches);
                own.add(LadderTable.runs(arm.knowing(caches), workload, seeds, label, progress));
                merged.add(LadderTable.merged(own.getLast()));
            }
            all.add(own);
        }
        LadderTable.title(workload, out);
        LadderTable.head(
                "| policy | caches | goodput | ahead | TTFT p50 | p90 | p99 | hit rate | TPOT |", workload, out);
        // One knee for all, so that rows can be compared.
        int[] knee = LadderTable.knee(merged);
        for (int a = 0; a < arms.size(); a++) {
            rows(arms.get(a).name(), all.get(a), knee, out);
        }
        out.println();
        out.println("Stages marked * are around the knee.");
        out.flush();
    }

    private static void rows(String name, List<List<List<Score>>> byCaches, int[] knee, PrintWriter out) {
        double[] guessed = LadderTable.goodput(byCaches.get(CACHES.indexOf(Caches.GUESSED)), knee);
        for (int i = 0; i < CACHES.size(); i++) {
            double[] own = LadderTable.goodput(byCaches.get(i), knee);
            double[] ahead = LadderTable.behind(guessed, own);
            List<Score> stages = LadderTable.merged(byCaches.get(i));
            Score around = LadderTable.around(stages, knee);
            out.printf(
                    Locale.ROOT,
                    "| %s | %s | %.3f ± %.3f | %+.3f ± %.3f | %.0f | %.0f | %.0f | %.3f | %.1f |",
                    name,
                    words(CACHES.get(i)),
                    LadderTable.mean(own),
                    LadderTable.half(own),
                    LadderTable.mean(ahead),
                    LadderTable.half(ahead),
                    around.ttftMs(0.5),
                    around.ttftMs(0.9),
                    around.ttftMs(0.99),
                    around.hitRate(),
                    around.tpotMs());
            LadderTable.stages(stages, knee, out);
        }
    }

    private static String words(Caches caches) {
        return switch (caches) {
            case TOLD -> "told (KV events)";
            case GUESSED -> "guessed";
            case UNKNOWN -> "unknown";
        };
    }
}
