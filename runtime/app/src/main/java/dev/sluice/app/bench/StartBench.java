package dev.sluice.app.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.DoubleStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench start}: from the start of the launcher to the first answered request. */
@Command(
        name = "start",
        mixinStandardHelpOptions = true,
        description = "Measures from the start of the launcher to the first answered request.")
public final class StartBench implements Callable<Integer> {
    private static final int BACKENDS = 8;
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(1);

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Starts. Default: ${DEFAULT-VALUE}.",
            defaultValue = "9")
    private int rounds;

    @Mixin
    private Output output = new Output();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** For the command line, which makes it. */
    public StartBench() {}

    @Override
    public Integer call() throws IOException {
        if (rounds < 1) {
            throw new ParameterException(spec.commandLine(), "--rounds must be at least 1");
        }
        PrintWriter out = spec.commandLine().getOut();
        try (Workbench bench = Workbench.open(spec.commandLine().getErr());
                Workbench.Backends backends = bench.backends(BACKENDS, 4, 1000)) {
            Report report = new Report(Conditions.of(bench) + "; medians of " + rounds + " starts");
            Rounds.Values pinned = measure(bench, backends, true);
            report.add(new Bar("start to first answer, one core", 0.6, 0.4, "s")
                    .times(output.factor())
                    .judge(pinned.median(), 0));
            Rounds.Values free = measure(bench, backends, false);
            report.note("On all cores: " + free.show() + " s; on one: " + pinned.show() + " s.");
            return output.print(report, out);
        }
    }

    private Rounds.Values measure(Workbench bench, Workbench.Backends backends, boolean pinned) throws IOException {
        byte[] request = Wire.chat(Bodies.KB_8.body(0), false);
        double[] seconds = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            long begun = System.nanoTime();
            try (Workbench.Running sluice = bench.startSluice(backends.ports(), pinned)) {
                Wire.await(sluice.child(), sluice.port(), request, LIMIT, PAUSE);
                seconds[i] = (System.nanoTime() - begun) / 1e9;
            }
            bench.say(String.format(
                    Locale.ROOT,
                    "start %d of %d, %s: %.3f s",
                    i + 1,
                    rounds,
                    pinned ? "one core" : "all cores",
                    seconds[i]));
        }
        return Rounds.Values.of(DoubleStream.of(seconds));
    }
}
