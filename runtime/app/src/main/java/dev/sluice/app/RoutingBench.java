package dev.sluice.app;

import dev.sluice.core.Policy;
import dev.sluice.core.Policy.Named;
import dev.sluice.core.Policy.Profile;
import dev.sluice.core.Policy.Weighted;
import dev.sluice.plugins.BuiltInPlugin;
import dev.sluice.plugins.LeastWorkConfig;
import dev.sluice.plugins.PickerConfig;
import dev.sluice.plugins.PrefixCacheConfig;
import dev.sluice.plugins.TokenLoadConfig;
import dev.sluice.simulator.ladder.Arm;
import dev.sluice.simulator.ladder.RoundRobin;
import dev.sluice.simulator.ladder.Score;
import dev.sluice.simulator.ladder.Workload;
import dev.sluice.simulator.ladder.Workloads;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.Part;
import dev.sluice.spi.Picker;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.ProfileHandler;
import dev.sluice.spi.Scorer;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Compares routing policies on published load ladders, in virtual time: {@code bench routing}. Prints one table per workload,
 * in Markdown. Same seeds, same table.
 */
final class RoutingBench {
    private RoutingBench() {}

    /**
     * Runs the comparison.
     *
     * @param seeds at least 1; each is a cold fleet, the same arrivals for every policy
     * @param brief fewer, shorter stages
     * @param only run workloads whose name contains this; empty for all
     * @param out where tables go
     * @param progress where progress goes
     */
    static void run(int seeds, boolean brief, String only, PrintWriter out, PrintWriter progress) {
        List<Arm> arms = arms();
        out.printf(
                "Seeds 1 to %d%s. Goodput: share of the requests that came which finished within both objectives, mean of the"
                        + " stages around the knee. TTFT in ms over the same stages.%n",
                seeds, brief ? ", brief" : "");
        for (Workload full : Workloads.all()) {
            if (!full.name().contains(only)) {
                continue;
            }
            Workload workload = brief ? full.brief() : full;
            List<List<Score>> byArm = new ArrayList<>();
            for (Arm arm : arms) {
                byArm.add(LadderTable.merged(LadderTable.runs(arm, workload, seeds, arm.name(), progress)));
            }
            print(workload, arms, byArm, out);
            out.flush();
        }
    }

    private static void print(Workload workload, List<Arm> arms, List<List<Score>> byArm, PrintWriter out) {
        int[] knee = LadderTable.knee(byArm);
        LadderTable.title(workload, out);
        StringBuilder head = new StringBuilder("| policy | goodput | TTFT p50 | p90 | p99 | hit rate | TPOT |");
        StringBuilder line = new StringBuilder("|--|--|--|--|--|--|--|");
        for (int i = 0; i < workload.stages().size(); i++) {
            head.append(String.format(
                    Locale.ROOT,
                    " %s%.0f/s |",
                    LadderTable.inside(knee, i) ? "*" : "",
                    workload.stages().get(i).rate()));
            line.append("--|");
        }
        out.println(head);
        out.println(line);
        for (int a = 0; a < arms.size(); a++) {
            Score all = LadderTable.around(byArm.get(a), knee);
            out.printf(
                    Locale.ROOT,
                    "| %s | %.3f | %.0f | %.0f | %.0f | %.3f | %.1f |",
                    arms.get(a).name(),
                    LadderTable.goodputOf(byArm.get(a), knee),
                    all.ttftMs(0.5),
                    all.ttftMs(0.9),
                    all.ttftMs(0.99),
                    all.hitRate(),
                    all.tpotMs());
            byArm.get(a).forEach(s -> out.printf(Locale.ROOT, " %.2f |", s.goodput()));
            out.println();
        }
        out.println();
        out.println("Stages marked * are around the knee.");
    }

    /** The policies compared. */
    static List<Arm> arms() {
        return List.of(
                leastWork(),
                new Arm("round robin", () -> policy(new RoundRobin()), Duration.ofMillis(250)),
                blend(),
                new Arm(
                        "token-load",
                        () -> policy(best(), weighted("token-load-scorer", new TokenLoadConfig(4_194_304), 1)),
                        Duration.ofMillis(50)));
    }

    /** Ours. */
    static Arm leastWork() {
        return new Arm(
                "default (least work)",
                () -> policy(best(), weighted("least-work-scorer", LeastWorkConfig.defaults(), 1)),
                Duration.ofMillis(250));
    }

    /** llm-d's weighted sum. */
    static Arm blend() {
        return new Arm(
                "llm-d blend",
                () -> policy(
                        best(),
                        weighted("queue-scorer", new NoConfig(), 2),
                        weighted("kv-cache-utilization-scorer", new NoConfig(), 2),
                        weighted("prefix-cache-scorer", new PrefixCacheConfig("", 0, 8192), 3)),
                Duration.ofMillis(50));
    }

    private static Picker best() {
        return (Picker) part("max-score-picker", new PickerConfig(1));
    }

    private static Weighted weighted(String type, Record config, double weight) {
        return new Weighted(new Named<>(type, type, (Scorer) part(type, config)), weight);
    }

    private static Policy policy(Picker picker, Weighted... scorers) {
        ProfileHandler handler = (ProfileHandler) part("single-profile-handler", new NoConfig());
        return new Policy(
                "bench",
                List.of(),
                List.of(),
                new Named<>("single-profile-handler", "handler", handler),
                List.of(new Profile("default", List.of(), List.of(scorers), new Named<>("picker", "picker", picker))));
    }

    static Part part(String type, Record config) {
        return part(type, config, List.of());
    }

    /**
     * A built-in part.
     *
     * @param others what it may refer to, by whatever name
     */
    static Part part(String type, Record config, List<Part> others) {
        return new BuiltInPlugin()
                .factories().stream()
                        .filter(f -> f.type().equals(type))
                        .findFirst()
                        .map(f -> create(f, config, others))
                        .orElseThrow(() -> new IllegalArgumentException("no plugin " + type));
    }

    private static <C extends Record> Part create(Factory<C> factory, Record config, List<Part> others) {
        return factory.create(factory.config().cast(config), new PluginContext() {
            @Override
            public String name() {
                return factory.type();
            }

            @Override
            public System.Logger logger() {
                return System.getLogger(RoutingBench.class.getName());
            }

            @Override
            public <P extends Part> P reference(String name, Class<P> kind) {
                return others.stream()
                        .filter(kind::isInstance)
                        .map(kind::cast)
                        .findFirst()
                        .orElseThrow(() -> new ConfigException("no part " + name));
            }
        });
    }
}
