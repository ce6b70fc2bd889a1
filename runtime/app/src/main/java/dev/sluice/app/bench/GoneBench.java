package dev.sluice.app.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.DoubleStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bench gone}: how soon an engine is left when its client leaves. */
@Command(
        name = "gone",
        mixinStandardHelpOptions = true,
        description = "Measures from a client's leaving to the closing of the engine's connection.")
public final class GoneBench implements Callable<Integer> {
    private static final int WARM_UP_RUNS = 200;
    private static final int EVENTS_READ = 3;

    @Option(
            names = "--runs",
            paramLabel = "N",
            description = "Of each of the three cases. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1000")
    private int runs;

    @Mixin
    private Output output = new Output();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** For the command line, which makes it. */
    public GoneBench() {}

    /** What the client waits for when it leaves. */
    private enum Case {
        WAITING("while a whole answer is computed", Bodies.KB_8, WatchedEngine.Answer.NOTHING),
        FIRST_TOKEN("before the first token", Bodies.KB_8_STREAMS, WatchedEngine.Answer.HEAD),
        STREAM("in mid-stream", Bodies.KB_8_STREAMS, WatchedEngine.Answer.EVENTS);

        private final String words;
        private final Bodies bodies;
        private final WatchedEngine.Answer answer;

        Case(String words, Bodies bodies, WatchedEngine.Answer answer) {
            this.words = words;
            this.bodies = bodies;
            this.answer = answer;
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (runs < 1) {
            throw new ParameterException(spec.commandLine(), "--runs must be at least 1");
        }
        try (Workbench bench = Workbench.open(spec.commandLine().getErr());
                WatchedEngine engine = WatchedEngine.start();
                Workbench.Running sluice = bench.sluice(List.of(engine.port()))) {
            Report report = new Report(Conditions.of(bench) + "; " + runs + " runs of each");
            for (Case one : Case.values()) {
                bench.say("the client leaves " + one.words);
                measure(one, engine, sluice.port(), WARM_UP_RUNS);
                double[] millis = measure(one, engine, sluice.port(), runs);
                String what = "client gone " + one.words + " → engine's connection closed, ";
                report.add(Bar.of(what + "p50", 5, "ms")
                        .times(output.factor())
                        .judge(Rounds.Values.of(DoubleStream.of(millis)).median(), 0));
                report.add(Bar.of(what + "longest", 100, "ms")
                        .times(output.factor())
                        .judge(DoubleStream.of(millis).max().orElse(Double.NaN), 0));
                report.note(String.format(
                        Locale.ROOT,
                        "%s: %d of %d within 100 ms.",
                        one.words,
                        DoubleStream.of(millis).filter(time -> time <= 100).count(),
                        runs));
            }
            return output.print(report, spec.commandLine().getOut());
        }
    }

    private static double[] measure(Case one, WatchedEngine engine, int port, int count)
            throws IOException, InterruptedException {
        engine.answer(one.answer);
        double[] millis = new double[count];
        for (int i = 0; i < count; i++) {
            long left;
            try (Socket client = Wire.connect(port)) {
                client.getOutputStream().write(Wire.chat(one.bodies.body(i % 8), true));
                engine.awaitRequest();
                if (one.answer == WatchedEngine.Answer.EVENTS) {
                    readEvents(client.getInputStream());
                }
                left = System.nanoTime();
            }
            millis[i] = (engine.awaitClose() - left) / 1e6;
        }
        return millis;
    }

    private static void readEvents(InputStream in) throws IOException {
        int before = 0;
        int read = 0;
        while (read < EVENTS_READ) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("the gateway ended the stream");
            }
            if (next == '\n' && before == '\n') {
                read++;
            }
            before = next;
        }
    }
}
