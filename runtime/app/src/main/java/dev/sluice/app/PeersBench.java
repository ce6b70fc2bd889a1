package dev.sluice.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code bench peers}: how much of the prompts engines find in their caches when requests come through one gateway, two, or four of them,
 * each a process of its own: the same requests at the same times before cold engines each time, dealt to the gateways in turn.
 */
@Command(
        name = "peers",
        mixinStandardHelpOptions = true,
        description =
                "Measures what engines find in their caches behind 1, 2 and 4 gateways that share what they know, and behind 4 that don't.")
final class PeersBench implements Callable<Integer> {
    private static final int ENGINES = 4;
    private static final int SEED = 1;
    private static final double LIMIT_POINTS = 2;
    private static final Duration READY = Duration.ofMinutes(3);

    @Option(
            names = "--requests",
            paramLabel = "N",
            description = "Of each run. Default: ${DEFAULT-VALUE}.",
            defaultValue = "960")
    private int requests;

    @Option(names = "--brief", description = "One and four gateways only, and half the requests.")
    private boolean brief;

    @Option(
            names = "--bars",
            paramLabel = "N",
            description = "Multiplies the bar by this, and ends with 1 when it is missed.")
    private double bars;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** One kind of run. */
    private record Kind(int gateways, boolean sharing) {
        @Override
        public String toString() {
            return gateways + (gateways == 1 ? " gateway" : sharing ? " gateways" : " gateways, each alone");
        }
    }

    private record Run(Kind kind, DemoResult result) {
        double hitRate() {
            return 100 * result.hitRate();
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (requests < 1) {
            throw new ParameterException(spec.commandLine(), "--requests must be at least 1");
        }
        int count = brief ? requests / 2 : requests;
        List<Kind> kinds = new ArrayList<>(List.of(new Kind(1, true), new Kind(2, true), new Kind(4, true)));
        kinds.add(new Kind(4, false));
        if (brief) {
            kinds.removeIf(kind -> kind.gateways == 2 || !kind.sharing);
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter progress = spec.commandLine().getErr();
        DemoWorkload workload = DemoWorkload.customers(SEED, count);
        List<Run> runs = new ArrayList<>();
        for (Kind kind : kinds) {
            progress.println(kind);
            progress.flush();
            runs.add(new Run(kind, run(kind, workload, progress)));
        }
        double one = runs.getFirst().hitRate();
        out.printf(
                Locale.ROOT,
                "%d requests of %d customers with prompts of their own, %d simulated engines whose caches hold a third of them%n%n"
                        + "| | found in caches | TTFT p50 ms | p99 ms | failed |%n|---|--:|--:|--:|--:|%n",
                count,
                DemoWorkload.customers(),
                ENGINES);
        double worst = 0;
        int failed = 0;
        for (Run run : runs) {
            out.printf(
                    Locale.ROOT,
                    "| %s | %.1f %% | %.0f | %.0f | %d |%n",
                    run.kind,
                    run.hitRate(),
                    run.result.percentile(0.5),
                    run.result.percentile(0.99),
                    run.result.failed());
            failed += run.result.failed();
            if (run.kind.sharing) {
                worst = Math.max(worst, one - run.hitRate());
            }
        }
        double limit = LIMIT_POINTS * (bars > 0 ? bars : 1);
        boolean met = worst <= limit && failed == 0;
        out.printf(
                Locale.ROOT,
                "%nbar: at most %.1f points less than behind one, and none failed: %.1f points, %s%n",
                limit,
                worst,
                met ? "met" : "MISSED");
        out.flush();
        return met || bars <= 0 ? Main.FINE : Main.FAILED;
    }

    private static DemoResult run(Kind kind, DemoWorkload workload, PrintWriter progress)
            throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("sluice-peers");
        List<Process> processes = new ArrayList<>();
        try (DemoFleet fleet = DemoFleet.start(ENGINES, SEED);
                HttpClient http = HttpClient.newHttpClient()) {
            Files.writeString(directory.resolve("key"), "of this measurement alone");
            List<Integer> ports = freePorts(3 * kind.gateways);
            List<Integer> gateways = ports.subList(0, kind.gateways);
            List<Integer> admins = ports.subList(kind.gateways, 2 * kind.gateways);
            List<Integer> peers = ports.subList(2 * kind.gateways, ports.size());
            for (int i = 0; i < kind.gateways; i++) {
                Path config = Files.writeString(
                        directory.resolve("gateway" + i + ".yaml"),
                        config(fleet, gateways.get(i), admins.get(i), kind.sharing ? peers : List.of(), i));
                processes.add(start(config, directory.resolve("log" + i)));
            }
            for (int i = 0; i < kind.gateways; i++) {
                await(http, admins.get(i), kind.sharing ? kind.gateways - 1 : 0, directory.resolve("log" + i));
            }
            return DemoRun.across(gateways, fleet, workload, progress);
        } finally {
            end(processes);
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static String config(DemoFleet fleet, int port, int admin, List<Integer> peers, int self) {
        String sharing = peers.isEmpty()
                ? ""
                : "peers: {host: 127.0.0.1, port: %d, key: {file: key}, members: [%s]}%n"
                        .formatted(
                                peers.get(self),
                                peers.stream()
                                        .map(p -> "\"127.0.0.1:" + p + "\"")
                                        .collect(Collectors.joining(", ")));
        return """
                server: {host: 127.0.0.1, port: %d, admin: {port: %d}, drain: {notReadyFor: 0s, streams: 1s}}
                %spools:
                  - name: demo
                    models: [%s]
                %s""".formatted(port, admin, sharing, DemoFleet.MODEL, fleet.pool());
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> open = new ArrayList<>();
        List<Integer> ports = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ServerSocket socket = new ServerSocket(0);
            open.add(socket);
            ports.add(socket.getLocalPort());
        }
        for (ServerSocket socket : open) {
            socket.close();
        }
        return ports;
    }

    private static Process start(Path config, Path log) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-opens",
                        "java.base/java.lang=ALL-UNNAMED",
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.sluice.app.Main",
                        "serve",
                        "--config",
                        config.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    /** Waits until a gateway is ready and has heard all others. */
    private static void await(HttpClient http, int admin, int others, Path log)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + READY.toNanos();
        HttpRequest metrics = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + "/metrics"))
                .build();
        HttpRequest ready = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + "/readyz"))
                .build();
        while (System.nanoTime() < end) {
            try {
                String page =
                        http.send(metrics, HttpResponse.BodyHandlers.ofString()).body();
                int code =
                        http.send(ready, HttpResponse.BodyHandlers.discarding()).statusCode();
                boolean heard = page.lines()
                        .anyMatch(line -> line.startsWith("sluice_peers ")
                                && Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)) >= others);
                if (code == 200 && heard && page.contains("state=\"ready\"} " + ENGINES + ".0")) {
                    return;
                }
            } catch (IOException notYet) {
                // it has not opened its port yet
                TimeUnit.MILLISECONDS.sleep(50);
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        throw new IOException("a gateway did not become ready: " + Files.readString(log));
    }

    private static void end(List<Process> processes) throws InterruptedException {
        processes.forEach(Process::destroy);
        for (Process process : processes) {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }
}
