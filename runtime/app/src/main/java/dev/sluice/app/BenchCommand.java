package dev.sluice.app;

import dev.sluice.app.bench.EnvoyBench;
import dev.sluice.app.bench.GoneBench;
import dev.sluice.app.bench.IdleBench;
import dev.sluice.app.bench.ProxyBench;
import dev.sluice.app.bench.SlowBench;
import dev.sluice.app.bench.StartBench;
import dev.sluice.app.bench.StreamsBench;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "WHAT",
        subcommands = {
            BenchCommand.Routing.class,
            BenchCommand.Kv.class,
            BenchCommand.Pd.class,
            ProxyBench.class,
            EnvoyBench.class,
            StartBench.class,
            StreamsBench.class,
            IdleBench.class,
            GoneBench.class,
            SlowBench.class
        },
        description = "Measures.")
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "measure what?");
    }

    /** Options of the comparisons in virtual time. */
    static final class Ladders {
        private static final int UNSET = Integer.MIN_VALUE;

        @Option(names = "--seeds", paramLabel = "N", description = "Seeds 1 to N, paired.")
        private int seeds = UNSET;

        @Option(names = "--brief", description = "Fewer and shorter stages.")
        private boolean brief;

        @Option(names = "--only", paramLabel = "TEXT", description = "Workloads whose name contains this.")
        private String only = "";

        @Spec(Spec.Target.MIXEE)
        private CommandSpec spec = CommandSpec.create();

        private interface Comparison {
            void run(int seeds, boolean brief, String only, PrintWriter out, PrintWriter progress);
        }

        private int compare(int byDefault, int least, Comparison comparison) {
            int wanted = seeds == UNSET ? byDefault : seeds;
            if (wanted < least) {
                throw new ParameterException(spec.commandLine(), "--seeds must be at least " + least);
            }
            comparison.run(
                    wanted,
                    brief,
                    only,
                    spec.commandLine().getOut(),
                    spec.commandLine().getErr());
            return Main.FINE;
        }
    }

    @Command(
            name = "routing",
            mixinStandardHelpOptions = true,
            description =
                    "Compares routing policies on published load ladders, in virtual time; prints Markdown tables. 5 seeds; under a"
                            + " minute with --brief --seeds 1.")
    static final class Routing implements Callable<Integer> {
        @Mixin
        private Ladders ladders = new Ladders();

        @Override
        public Integer call() {
            return ladders.compare(5, 1, RoutingBench::run);
        }
    }

    @Command(
            name = "kv",
            mixinStandardHelpOptions = true,
            description =
                    "Compares what a gateway may know of engines' caches - told by KV events, guessed, nothing - in virtual time;"
                            + " prints a Markdown table. 5 seeds.")
    static final class Kv implements Callable<Integer> {
        @Mixin
        private Ladders ladders = new Ladders();

        @Override
        public Integer call() {
            return ladders.compare(5, 2, KnownCacheBench::run);
        }
    }

    @Command(
            name = "pd",
            mixinStandardHelpOptions = true,
            description =
                    "Compares deciders for prefill and decode on different engines, in virtual time; prints Markdown tables. 10"
                            + " seeds.")
    static final class Pd implements Callable<Integer> {
        @Mixin
        private Ladders ladders = new Ladders();

        @Option(
                names = "--added",
                paramLabel = "N",
                description =
                        "Instead: what a second leg adds to the time to first token, of N requests over real sockets.")
        private int added;

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Override
        public Integer call() throws Exception {
            if (added > 0) {
                return PairBench.run(added, spec.commandLine().getOut()) ? Main.FINE : Main.FAILED;
            }
            return ladders.compare(10, 2, SplitBench::run);
        }
    }
}
