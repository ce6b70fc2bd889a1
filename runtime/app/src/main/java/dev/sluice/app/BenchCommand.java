package dev.sluice.app;

import dev.sluice.app.bench.EnvoyBench;
import dev.sluice.app.bench.GoneBench;
import dev.sluice.app.bench.IdleBench;
import dev.sluice.app.bench.ProxyBench;
import dev.sluice.app.bench.StartBench;
import dev.sluice.app.bench.StreamsBench;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
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
            BenchCommand.Pd.class,
            ProxyBench.class,
            EnvoyBench.class,
            StartBench.class,
            StreamsBench.class,
            IdleBench.class,
            GoneBench.class
        },
        description = "Measures.")
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "measure what?");
    }

    @Command(
            name = "routing",
            mixinStandardHelpOptions = true,
            description =
                    "Compares routing policies on published load ladders, in virtual time; prints Markdown tables.")
    static final class Routing implements Callable<Integer> {
        @Option(names = "--seeds", paramLabel = "N", description = "Seeds 1 to N, paired over policies. Default: 5.")
        private int seeds = 5;

        @Option(names = "--brief", description = "Fewer and shorter stages: under a minute with --seeds 1.")
        private boolean brief;

        @Option(names = "--only", paramLabel = "TEXT", description = "Workloads whose name contains this.")
        private String only = "";

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Override
        public Integer call() {
            if (seeds < 1) {
                throw new ParameterException(spec.commandLine(), "--seeds must be at least 1");
            }
            RoutingBench.run(
                    seeds,
                    brief,
                    only,
                    spec.commandLine().getOut(),
                    spec.commandLine().getErr());
            return Main.FINE;
        }
    }

    @Command(
            name = "pd",
            mixinStandardHelpOptions = true,
            description =
                    "Compares deciders for prefill and decode on different engines, in virtual time; prints Markdown tables.")
    static final class Pd implements Callable<Integer> {
        @Option(names = "--seeds", paramLabel = "N", description = "Seeds 1 to N, paired over deciders. Default: 10.")
        private int seeds = 10;

        @Option(names = "--brief", description = "Fewer and shorter stages.")
        private boolean brief;

        @Option(names = "--only", paramLabel = "TEXT", description = "Workloads whose name contains this.")
        private String only = "";

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
            if (seeds < 2) {
                throw new ParameterException(spec.commandLine(), "--seeds must be at least 2");
            }
            SplitBench.run(
                    seeds,
                    brief,
                    only,
                    spec.commandLine().getOut(),
                    spec.commandLine().getErr());
            return Main.FINE;
        }
    }
}
