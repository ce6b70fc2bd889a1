package dev.sluice.app.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code bench discovery}: a gateway that finds many pods in Kubernetes while many of them change: its CPU, how soon a new pod is
 * routable, and its heap. A pod is routable when its engine was asked which model it serves, which the gateway logs with a time.
 */
@Command(
        name = "discovery",
        mixinStandardHelpOptions = true,
        description = "Measures a gateway that watches many pods in Kubernetes, of which many change all the time.")
public final class DiscoveryBench implements Callable<Integer> {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Pattern READY = Pattern.compile("^(\\S+)\\s+INFO\\s+endpoints: many/(\\S+): ready");
    private static final Pattern HEAP = Pattern.compile("(?m)^jvm_memory_used_bytes\\{area=\"heap\"[^}]*\\} (\\S+)$");
    private static final double NANOS = 1e9;
    private static final double MEBI = 1 << 20;

    @Option(names = "--endpoints", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "1000")
    private int endpoints;

    @Option(
            names = "--changes",
            paramLabel = "N",
            description =
                    "A second: notes on pods, pods that become unready and ready, pods that go and others that come. Default:"
                            + " ${DEFAULT-VALUE}.",
            defaultValue = "100")
    private int changes;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "How long is measured. Default: ${DEFAULT-VALUE}.",
            defaultValue = "30")
    private int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description =
                    "Seconds of changes before: a gateway that finds pods does so for days, and compiles in its first minutes."
                            + " Default: ${DEFAULT-VALUE}.",
            defaultValue = "120")
    private int warmUp;

    @Mixin
    private Output output = new Output();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final Random random = new Random(1);
    private final Map<String, Instant> made = new HashMap<>();
    /** When each became unready first. */
    private final Map<String, Instant> unmade = new HashMap<>();

    private final List<String> names = new ArrayList<>();
    private int number;

    /** For the command line, which makes it. */
    public DiscoveryBench() {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (endpoints < 10 || endpoints > 10_000 || changes < 1 || seconds < 1 || warmUp < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--endpoints must be 10 to 10000, --changes, --seconds and --warm-up at least 1");
        }
        try (Workbench bench = Workbench.open(spec.commandLine().getErr());
                ManyEngines engines = ManyEngines.start(
                        endpoints, Files.readString(bench.directory().resolve("metrics.txt")));
                PodApi api = PodApi.start()) {
            for (int i = 0; i < endpoints; i++) {
                names.add("pod-" + number++);
                api.put(names.get(i), ManyEngines.address(i), true, 0);
            }
            Path kubeconfig = bench.write("kubeconfig", api.kubeconfig());
            int port = Wire.freePort();
            int admin = Wire.freePort();
            Path config = bench.write("discovery.yaml", """
                    server: {host: 127.0.0.1, port: %d, admin: {port: %d}}
                    pools:
                      - {name: many, models: [%s], discovery: {pods: {namespace: models, selector: app=many, port: %d}}}
                    """.formatted(port, admin, Configs.MODEL, engines.port()));
            long begun = System.nanoTime();
            try (Workbench.Running sluice = bench.sluice(config, port, "env", "KUBECONFIG=" + kubeconfig)) {
                awaitAll(bench, sluice.child());
                double found = (System.nanoTime() - begun) / NANOS;
                bench.say(String.format(Locale.ROOT, "all found after %.1f s; warms up, %d s", found, warmUp));
                change(api, warmUp);
                bench.say("settles, 5 s");
                TimeUnit.SECONDS.sleep(5);
                ProcessUse quietBefore = sluice.child().use();
                TimeUnit.SECONDS.sleep(seconds);
                ProcessUse before = sluice.child().use();
                bench.say("measuring, " + seconds + " s");
                made.clear();
                unmade.clear();
                long started = System.nanoTime();
                int done = change(api, seconds);
                double elapsed = (System.nanoTime() - started) / NANOS;
                ProcessUse after = sluice.child().use();
                TimeUnit.SECONDS.sleep(2);
                Rounds.Values soon = delays(sluice.child());
                Report report = new Report(Conditions.of(bench) + "; " + endpoints + " pods, "
                        + Math.round(done / elapsed) + " changes/s");
                report.add(Bar.of("CPU while pods change", 0.1, "cores")
                        .times(output.factor())
                        .judge((after.cpuSeconds() - before.cpuSeconds()) / elapsed, 0));
                report.add(Bar.of("new pod → routable, p99", 500, "ms")
                        .times(output.factor())
                        .judge(percentile(soon.values(), 0.99), 0));
                report.add(Bar.of("heap after a collection", 64, "MiB")
                        .times(output.factor())
                        .judge(heap(sluice.child(), admin), 0));
                report.note(String.format(
                        Locale.ROOT,
                        "%d new pods, all routable: p50 %.0f ms, longest %.0f ms. Without changes %.3f cores. All %d found %.1f s after"
                                + " the start. RSS %.0f MB.",
                        soon.values().size(),
                        soon.median(),
                        soon.values().getLast(),
                        (before.cpuSeconds() - quietBefore.cpuSeconds()) / seconds,
                        endpoints,
                        found,
                        after.rssKb() / 1024.0));
                return output.print(report, spec.commandLine().getOut());
            }
        }
    }

    private void awaitAll(Workbench bench, Child child) throws IOException {
        long end = System.nanoTime() + LIMIT.toNanos();
        int last = 0;
        for (int ready = 0; ready < endpoints; ready = ready(child).size()) {
            if (System.nanoTime() > end) {
                throw new IOException("found " + ready + " of " + endpoints + " pods within " + LIMIT.toSeconds()
                        + " s: " + child.lastLines());
            }
            if (ready >= last + endpoints / 4) {
                bench.say(ready + " of " + endpoints + " pods found");
                last = ready;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    /** When each pod was logged as ready first. */
    private static Map<String, Instant> ready(Child child) throws IOException {
        Map<String, Instant> ready = new HashMap<>();
        for (String line : child.log()) {
            Matcher each = READY.matcher(line);
            if (each.find()) {
                ready.putIfAbsent(each.group(2), Instant.parse(each.group(1)));
            }
        }
        return ready;
    }

    /** Changes at an even rate; how many there were. */
    private int change(PodApi api, int forSeconds) throws IOException {
        long begun = System.nanoTime();
        int most = forSeconds * changes;
        Map<Integer, Boolean> unready = new HashMap<>();
        for (int i = 0; i < most; i++) {
            long due = begun + i * TimeUnit.SECONDS.toNanos(1) / changes;
            while (due > System.nanoTime()) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            int pod = random.nextInt(endpoints);
            boolean ready = !unready.getOrDefault(pod, false);
            switch (i % 5) {
                case 0, 1 -> api.put(names.get(pod), ManyEngines.address(pod), ready, i + 1);
                case 2, 3 -> {
                    unready.put(pod, ready);
                    if (ready) {
                        unmade.putIfAbsent(names.get(pod), Instant.now());
                    }
                    api.put(names.get(pod), ManyEngines.address(pod), !ready, i + 1);
                }
                default -> {
                    api.remove(names.get(pod));
                    String name = "pod-" + number++;
                    names.set(pod, name);
                    unready.remove(pod);
                    made.put(name, Instant.now());
                    api.put(name, ManyEngines.address(pod), true, 0);
                    i++; // two changes
                }
            }
        }
        for (int pod : unready.keySet()) {
            api.put(names.get(pod), ManyEngines.address(pod), true, 0);
        }
        return most;
    }

    /** How long each pod that was made took, in ms. Pods that went, or became unready again, before they were found are left out. */
    private Rounds.Values delays(Child child) throws IOException {
        Map<String, Instant> ready = ready(child);
        List<Double> delays = new ArrayList<>();
        for (Map.Entry<String, Instant> pod : made.entrySet()) {
            Instant at = ready.get(pod.getKey());
            if (at != null) {
                if (at.isAfter(unmade.getOrDefault(pod.getKey(), Instant.MAX))) {
                    continue;
                }
                delays.add(Duration.between(pod.getValue(), at).toNanos() / 1e6);
            } else if (names.contains(pod.getKey())) {
                throw new IOException(pod.getKey() + " never became routable: " + child.lastLines());
            }
        }
        if (delays.isEmpty()) {
            throw new IOException("no pod was made: more --seconds or --changes");
        }
        return Rounds.Values.of(delays.stream().mapToDouble(Double::doubleValue));
    }

    private static double percentile(List<Double> ascending, double share) {
        return ascending.get(Math.min(ascending.size() - 1, (int) Math.ceil(share * ascending.size()) - 1));
    }

    /** MiB that are used after a full collection. */
    private static double heap(Child child, int admin) throws IOException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        dev.sluice.app.bench.Command.output(jcmd, Long.toString(child.pid()), "GC.run");
        double bytes = 0;
        Matcher each = HEAP.matcher(get(admin, "/metrics"));
        while (each.find()) {
            bytes += Double.parseDouble(each.group(1));
        }
        return bytes / MEBI;
    }

    private static String get(int port, String path) throws IOException {
        try (InputStream in =
                URI.create("http://127.0.0.1:" + port + path).toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
