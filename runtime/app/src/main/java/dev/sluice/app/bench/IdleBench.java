package dev.sluice.app.bench;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench idle}: what it costs to watch many endpoints without traffic. */
@Command(
        name = "idle",
        mixinStandardHelpOptions = true,
        description =
                "Measures the CPU time of a gateway without traffic, whose endpoints have metrics pages of real size.")
public final class IdleBench implements Callable<Integer> {
    @Option(names = "--endpoints", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "100")
    private int endpoints;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "How long is measured, after as long a wait. Default: ${DEFAULT-VALUE}.",
            defaultValue = "20")
    private int seconds;

    @Mixin
    private Output output = new Output();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** For the command line, which makes it. */
    public IdleBench() {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (endpoints < 1 || seconds < 1) {
            throw new ParameterException(spec.commandLine(), "--endpoints and --seconds must be at least 1");
        }
        try (Workbench bench = Workbench.open(spec.commandLine().getErr());
                Workbench.Backends backends = bench.backends(endpoints, 4, 1000);
                Workbench.Running sluice = bench.sluice(backends.ports())) {
            bench.say("Sluice settles, " + seconds + " s");
            TimeUnit.SECONDS.sleep(seconds);
            ProcessUse before = sluice.child().use();
            long begun = System.nanoTime();
            bench.say("measuring, " + seconds + " s");
            TimeUnit.SECONDS.sleep(seconds);
            ProcessUse after = sluice.child().use();
            double elapsed = (System.nanoTime() - begun) / 1e9;
            Report report = new Report(
                    Conditions.of(bench) + "; " + endpoints + " endpoints with metrics pages of 62 KB, no traffic");
            report.add(Bar.of("CPU without traffic", 0.05, "cores")
                    .times(output.factor())
                    .judge((after.cpuSeconds() - before.cpuSeconds()) / elapsed, 0));
            report.note(String.format(Locale.ROOT, "Over %.1f s; RSS %.0f MB.", elapsed, after.rssKb() / 1024.0));
            return output.print(report, spec.commandLine().getOut());
        }
    }
}
