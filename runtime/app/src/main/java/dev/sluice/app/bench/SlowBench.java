package dev.sluice.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench slow}: what a good client notices of thousands of slow ones. */
@Command(
        name = "slow",
        mixinStandardHelpOptions = true,
        description =
                "Opens many slow connections - idle ones, heads and bodies byte by byte, readers byte by byte - and"
                        + " measures what a good client notices of them.")
public final class SlowBench implements Callable<Integer> {
    /** Enough for a quarter of the slow clients to have a stream each, 256 at one engine. */
    private static final int BACKENDS = 16;

    private static final int EVENTS = 20;
    private static final long INTERVAL_MICROS = 5_000_000;
    private static final Load GOOD = Load.open(Bodies.KB_8, 64, 200);
    private static final double LEAST_WARM_UP = 15;
    private static final double MOST_WARM_UP = 60;
    private static final double SLOWED = 1.1;
    /** Files of the gateway that are no slow connection or kept for one's engine; those of the good client are among them. */
    private static final int OTHER_FILES = 400;

    private static final int MANY = 10_000;
    private static final int SETTLE_SECONDS = 30;

    @Option(
            names = "--connections",
            paramLabel = "N",
            description =
                    "Slow ones, a quarter of each kind. Default: 10000, or as many as a gateway takes that may open"
                            + " as many files as this command (ulimit -Hn).")
    private @Nullable Integer wanted;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Each measures without, with and without again. Default: ${DEFAULT-VALUE}.",
            defaultValue = "5")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "How long each of these is measured. Default: ${DEFAULT-VALUE}.",
            defaultValue = "20")
    private int seconds;

    @Mixin
    private Output output = new Output();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private int connections;
    private final List<Double> slowed = new ArrayList<>();
    private final List<Double> again = new ArrayList<>();
    private final List<Double> missing = new ArrayList<>();
    private final List<Sample> without = new ArrayList<>();
    private final List<Sample> with = new ArrayList<>();
    private long thrownOut;
    private long rss;

    /** For the command line, which makes it. */
    public SlowBench() {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        long files = StreamsBench.openFiles(Files.readString(Path.of("/proc/self/limits")));
        // A gateway keeps a file for an engine with each: whoever comes beyond waits outside, the good client too.
        long most = Math.min(19_000, (files - OTHER_FILES) / 2);
        connections = wanted == null ? (int) Math.min(MANY, most) : wanted;
        if (connections < 4 || connections > most || rounds < 1 || seconds < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--connections must be 4 to " + most + " (" + files
                            + " files may be open, ulimit -Hn; a gateway takes 20,000 connections), --rounds and"
                            + " --seconds at least 1");
        }
        try (Workbench bench = Workbench.open(spec.commandLine().getErr());
                Workbench.Backends backends = bench.backends(BACKENDS, EVENTS, INTERVAL_MICROS);
                Workbench.Running sluice = bench.sluice(backends.ports())) {
            bench.stayAside();
            List<Child> gateway = List.of(sluice.child());
            bench.say("Sluice warms up");
            WarmUp.run(
                    time -> bench.load(sluice.port(), gateway, Load.closed(Bodies.KB_8, 16), 0, time)
                            .cpuPerRequest(),
                    LEAST_WARM_UP,
                    MOST_WARM_UP);
            try (SlowClients first = SlowClients.open(sluice.port(), connections)) {
                bench.say("warmed up with " + first);
                good(bench, sluice);
            }
            settle(sluice);
            for (int round = 1; round <= rounds; round++) {
                bench.say("round " + round + " of " + rounds);
                round(bench, sluice);
            }
            return output.print(report(bench), spec.commandLine().getOut());
        }
    }

    private void round(Workbench bench, Workbench.Running sluice) throws IOException, InterruptedException {
        Sample before = good(bench, sluice);
        long files = files(sluice);
        Sample between;
        try (SlowClients clients = SlowClients.open(sluice.port(), connections)) {
            long opened = files(sluice) - files;
            between = good(bench, sluice);
            opened = Math.min(opened, files(sluice) - files);
            missing.add(100.0 * Math.max(0, connections - opened) / connections);
            thrownOut += clients.thrownOut();
            rss = Math.max(rss, sluice.child().use().rssKb());
        }
        settle(sluice);
        Sample after = good(bench, sluice);
        without.add(before);
        without.add(after);
        with.add(between);
        slowed.add(between.p99() / ((before.p99() + after.p99()) / 2));
        again.add(after.p99() / before.p99());
    }

    private Sample good(Workbench bench, Workbench.Running sluice) throws IOException {
        return bench.load(sluice.port(), List.of(sluice.child()), GOOD, 2, seconds);
    }

    /** Waits until the gateway has noticed that all have left. */
    private static void settle(Workbench.Running sluice) throws IOException, InterruptedException {
        long before = Long.MAX_VALUE;
        for (int i = 0; i < SETTLE_SECONDS && files(sluice) < before; i++) {
            before = files(sluice);
            TimeUnit.SECONDS.sleep(1);
        }
        TimeUnit.SECONDS.sleep(2);
    }

    /** Files, sockets among them, that the gateway has open. */
    private static long files(Workbench.Running sluice) throws IOException {
        try (Stream<Path> all =
                Files.list(Path.of("/proc", Long.toString(sluice.child().pid()), "fd"))) {
            return all.count();
        }
    }

    private Report report(Workbench bench) throws IOException {
        Report report = new Report(Conditions.of(bench) + "; " + connections
                + " slow connections: idle, heads, bodies, readers; the good client: " + GOOD);
        double spread = values(again).deviation(1);
        double limit = Math.max(SLOWED, 1 + spread);
        report.add(Bar.of("a good client's p99 beside slow connections", limit, "× without them")
                .times(output.factor())
                .judge(values(slowed).median(), 0));
        report.add(Bar.of("good requests that failed", 0, "")
                .judge((double) with.stream().mapToLong(Sample::failed).sum(), 0));
        report.add(Bar.of("slow connections that the gateway did not have open, most in a round", 5, "%")
                .times(output.factor())
                .judge(missing.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN), 0));
        report.note(String.format(
                Locale.ROOT,
                "p99 without %s ms, with %s ms; p50 %s, %s ms; with / without by round %s; without / without %s: the"
                        + " limit is 1.10 or 1 and that spread, whichever is wider.",
                values(without, Sample::p99).show(),
                values(with, Sample::p99).show(),
                values(without, Sample::p50).show(),
                values(with, Sample::p50).show(),
                values(slowed).show(),
                values(again).show()));
        report.note(String.format(
                Locale.ROOT,
                "The gateway's CPU for each good request: %s µs without, %s µs with; RSS at most %.0f MB; slow clients"
                        + " were thrown out, and came back, %d times.",
                values(without, Sample::cpuPerRequest).show(),
                values(with, Sample::cpuPerRequest).show(),
                rss / 1024.0,
                thrownOut));
        return report;
    }

    private static Rounds.Values values(List<Double> of) {
        return Rounds.Values.of(of.stream().mapToDouble(Double::doubleValue));
    }

    private static Rounds.Values values(List<Sample> of, Rounds.Reading reading) {
        return Rounds.Values.of(of.stream().mapToDouble(reading::of));
    }
}
