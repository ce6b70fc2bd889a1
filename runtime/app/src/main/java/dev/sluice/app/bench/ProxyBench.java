package dev.sluice.app.bench;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench proxy}: direct, HAProxy, nginx and Sluice in turn, with the same load and backends. */
@Command(
        name = "proxy",
        mixinStandardHelpOptions = true,
        description = {
            "Measures Sluice beside HAProxy and nginx, on one core each, in front of canned backends; prints Markdown tables.",
            "Needs Linux, two cores, cc and taskset. HAProxy and nginx are compared with where they are installed."
        })
public final class ProxyBench implements Callable<Integer> {
    private static final int ROUNDS = 5;
    // With two, a median is a mean: one bad second of a machine would decide.
    private static final int BRIEF_ROUNDS = 3;
    /** How long a JVM gets load before anything is measured; longer while that still makes it cheaper. */
    private static final double LEAST_WARM_UP_SECONDS = 30;

    private static final double MOST_WARM_UP_SECONDS = 120;
    private static final double BRIEF_WARM_UP_SECONDS = 15;

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds of each work. Default: 5; 3 with --brief.")
    private Optional<Integer> rounds = Optional.empty();

    @Option(names = "--brief", description = "Fewer and shorter rounds: under four minutes.")
    private boolean brief;

    @Option(names = "--only", paramLabel = "WORK", description = "One of ${COMPLETION-CANDIDATES}.")
    private Optional<Work> only = Optional.empty();

    @Mixin
    private Output output = new Output();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** For the command line, which makes it. */
    public ProxyBench() {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        int count = rounds.orElse(brief ? BRIEF_ROUNDS : ROUNDS);
        if (count < 1) {
            throw new ParameterException(spec.commandLine(), "--rounds must be at least 1");
        }
        try (Workbench bench = Workbench.open(spec.commandLine().getErr())) {
            Report report = new Report(String.format(
                    Locale.ROOT,
                    "%s; %s; medians of %d rounds in turn%s",
                    Conditions.of(bench),
                    Proxies.versions(),
                    count,
                    brief ? ", brief" : ""));
            for (Work work : only.map(List::of).orElseGet(() -> List.of(Work.values()))) {
                report.add(work, measure(bench, work, count), output.factor());
            }
            return output.print(report, spec.commandLine().getOut());
        }
    }

    private Rounds measure(Workbench bench, Work work, int count) throws IOException, InterruptedException {
        Rounds measured = new Rounds();
        try (Proxies proxies = Proxies.start(bench, work)) {
            bench.say(work.title() + ": Sluice warms up");
            double took = WarmUp.run(
                    seconds -> work.cost(proxies.load(Target.SLUICE, work.warmUp(), 0, seconds)),
                    brief ? BRIEF_WARM_UP_SECONDS : LEAST_WARM_UP_SECONDS,
                    brief ? BRIEF_WARM_UP_SECONDS : MOST_WARM_UP_SECONDS);
            bench.say(String.format(Locale.ROOT, "%s: Sluice was warmed up for %.0f s", work.title(), took));
            proxies.settle();
            for (int round = 1; round <= count; round++) {
                // There and back again: what drifts with time hits all alike.
                List<Target> targets =
                        round % 2 == 1 ? proxies.targets() : proxies.targets().reversed();
                for (Target target : targets) {
                    Sample sample = proxies.load(target, work.load(), brief ? 0.5 : 1, work.seconds(brief));
                    measured.add(target, sample);
                    bench.say(String.format(
                            Locale.ROOT,
                            "%s, round %d of %d, %s: %.0f %ss/s, %.1f µs CPU per %s, %s p50 %.3f ms, p99 %.3f ms%s",
                            work.title(),
                            round,
                            count,
                            target,
                            work.rate(sample),
                            work.unit(),
                            work.cost(sample),
                            work.unit(),
                            work.timed(),
                            work.p50(sample),
                            work.p99(sample),
                            sample.failed() > 0 ? ", " + sample.failed() + " failed" : ""));
                }
            }
        }
        return measured;
    }
}
