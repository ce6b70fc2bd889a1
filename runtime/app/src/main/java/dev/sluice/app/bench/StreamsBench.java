package dev.sluice.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench streams}: what many open streams cost in memory, and whether one is lost. */
@Command(
        name = "streams",
        mixinStandardHelpOptions = true,
        description = "Opens many streams at once and measures what each costs in memory; counts the lost ones.")
public final class StreamsBench implements Callable<Integer> {
    /** So many that none gets more than the 256 at once that an endpoint is given by default, however they are spread. */
    private static final int BACKENDS = 40;

    /** A stream of 25 s: long enough that all are open at the same time. */
    private static final int EVENTS = 25;

    private static final long INTERVAL_MICROS = 1_000_000;
    private static final double LIMIT_SECONDS = 120;
    /** Streams before the measurement, so that the JVM has loaded and compiled what it needs. */
    private static final int WARM_UP_STREAMS = 64;

    /** Each stream costs the gateway two connections; this is for everything else. */
    private static final int OTHER_FILES = 500;

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "Streams. Default: ${DEFAULT-VALUE}.",
            defaultValue = "5000")
    private int count;

    @Mixin
    private Output output = new Output();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** For the command line, which makes it. */
    public StreamsBench() {}

    @Override
    public Integer call() throws IOException {
        long files = openFiles(Files.readString(Path.of("/proc/self/limits")));
        if (count < 1 || 2L * count + OTHER_FILES > files) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--count must be 1 to " + (files - OTHER_FILES) / 2 + ": " + files
                            + " files may be open (ulimit -Hn)");
        }
        try (Workbench bench = Workbench.open(spec.commandLine().getErr());
                Workbench.Backends backends = bench.backends(BACKENDS, EVENTS, INTERVAL_MICROS);
                Workbench.Running sluice = bench.sluice(backends.ports())) {
            bench.say("Sluice warms up with " + WARM_UP_STREAMS + " streams");
            List<Child> gateway = List.of(sluice.child());
            bench.load(sluice.port(), gateway, Load.once(Bodies.KB_8_STREAMS, WARM_UP_STREAMS), 0, LIMIT_SECONDS);
            long before = sluice.child().use().rssKb();
            bench.say(count + " streams of " + EVENTS + " s");
            try (Peak peak = Peak.watch(sluice.child())) {
                Sample sample =
                        bench.load(sluice.port(), gateway, Load.once(Bodies.KB_8_STREAMS, count), 0, LIMIT_SECONDS);
                return report(bench, sample, before, peak.rssKb());
            }
        }
    }

    private int report(Workbench bench, Sample sample, long before, long most) throws IOException {
        Report report = new Report(Conditions.of(bench) + "; " + count + " streams, a chunk each second");
        report.add(Bar.of("RSS of each open stream", 64, "KiB")
                .times(output.factor())
                .judge((most - before) / (double) count, 0));
        report.add(Bar.of("lost streams", 0, "").judge((double) (count - sample.answers()), 0));
        report.note(String.format(
                Locale.ROOT,
                "RSS %.0f MB before, %.0f MB at most; %d complete, %d failed, %d unfinished.",
                before / 1024.0,
                most / 1024.0,
                sample.answers(),
                sample.failed(),
                sample.unfinished()));
        return output.print(report, spec.commandLine().getOut());
    }

    /** The hard limit of open files, which the JVM takes and its children inherit. */
    static long openFiles(String limits) {
        return limits.lines()
                .filter(line -> line.startsWith("Max open files"))
                .map(line -> line.split(" +", -1)[4])
                .mapToLong(text -> text.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(text))
                .findFirst()
                .orElse(1024);
    }

    /** Watches how much memory a process has at most. */
    private static final class Peak implements AutoCloseable {
        private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(200);

        private final AtomicBoolean over = new AtomicBoolean();
        private final Child child;
        private final Thread thread;
        private volatile long most;

        private Peak(Child child) {
            this.child = child;
            this.thread = Thread.ofPlatform().name("peak").start(this::watch);
        }

        static Peak watch(Child child) {
            return new Peak(child);
        }

        long rssKb() {
            return most;
        }

        private void watch() {
            while (!over.get()) {
                try {
                    most = Math.max(most, child.use().rssKb());
                } catch (IOException e) {
                    return;
                }
                LockSupport.parkNanos(PAUSE);
            }
        }

        @Override
        public void close() {
            over.set(true);
            LockSupport.unpark(thread);
        }
    }
}
