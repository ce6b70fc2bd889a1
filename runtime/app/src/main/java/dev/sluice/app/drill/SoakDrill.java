package dev.sluice.app.drill;

import dev.sluice.simulator.SimulatorOptions;
import dev.sluice.simulator.SimulatorServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * Two gateways under streams while everything that can be changed at run time is changed all the time: endpoints, adapters, tenants, keys,
 * configuration, plugins. What they hold must not grow.
 */
final class SoakDrill {
    private static final int ENGINES = 5;
    private static final int ADAPTERS = 6;
    private static final int TENANTS = 12;
    private static final int POOLS = 4;
    private static final long STEP_MS = 400;
    private static final int SAMPLES = 40;
    private static final long LEAST_BETWEEN_SAMPLES = TimeUnit.SECONDS.toNanos(2);
    private static final double HEAP_MB = 4;
    private static final double METASPACE_MB = 2;
    private static final double THREADS = 4;
    private static final double FILES = 12;
    private static final double SERIES_PERCENT = 3;

    private final Arena arena;
    private final SplittableRandom random;
    private final Path plugins;
    private final Map<String, Integer> changes = new LinkedHashMap<>();
    private final List<Held> held = new ArrayList<>();
    private int version;
    private int turn;

    /** What one gateway holds, over time. */
    private record Held(Trend heap, Trend metaspace, Trend threads, Trend files, Trend series) {
        Held() {
            this(new Trend(), new Trend(), new Trend(), new Trend(), new Trend());
        }

        String words() {
            return "heap after a collection " + heap.ends() + " MB, metaspace " + metaspace.ends() + " MB, threads "
                    + threads.ends() + ", open files " + files.ends() + ", series of metrics " + series.ends();
        }

        /** In percent of what there is. */
        double seriesGrowth() {
            return 100 * series.growth() / Math.max(1, series.last());
        }
    }

    private SoakDrill(Arena arena, long seed) {
        this.arena = arena;
        this.random = new SplittableRandom(seed);
        this.plugins = arena.directory().resolve("plugins");
    }

    static void run(Duration length, int clients, long seed, PrintWriter progress, Sheet sheet)
            throws IOException, InterruptedException {
        sheet.begin("soak");
        SimulatorOptions engines = SimulatorOptions.builder()
                .seed(seed)
                .runtimeLora(true)
                .maxLoras(2)
                .build();
        Tally tally = new Tally(false);
        try (Arena arena = Arena.open(progress, ENGINES, engines, Arena.Setup.PLAIN)) {
            SoakDrill drill = new SoakDrill(arena, seed);
            SoakPlugin.pack(drill.plugins, ++drill.version);
            arena.configure(drill.setup());
            arena.join();
            arena.join();
            try (Load _ = Load.start(
                    arena.front(), clients, seed, false, tally, any -> Ask.any(any, Fleet.MODEL), arena.keys()::any)) {
                drill.churn(length, tally);
            }
            drill.judge(length, tally, sheet);
            Books.judge(arena, tally, sheet);
        }
    }

    /** The configuration of this turn: a policy with the plugin in it, its weight, and one pool more or another. */
    private Arena.Setup setup() {
        String pool = "  - {name: extra-" + turn % POOLS + ", models: [extra-" + turn % POOLS
                + "], endpoints: [{url: \"http://127.0.0.1:1\"}]}\n";
        String rest = """
            plugins: {directory: "%s"}
            routing:
              soak:
                plugins: [{type: least-work-scorer}, {type: %s}]
                schedulingProfiles:
                  - name: default
                    plugins: [{pluginRef: least-work-scorer, weight: %d}, {pluginRef: %s, weight: 1}]
            """.formatted(plugins, SoakPlugin.TYPE, 2 + turn % 3, SoakPlugin.TYPE);
        return new Arena.Setup("1s", "    routing: soak\n" + pool, rest);
    }

    private void churn(Duration length, Tally tally) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        long end = begun + length.toNanos();
        long every = Math.max(LEAST_BETWEEN_SAMPLES, length.toNanos() / SAMPLES);
        long nextSample = begun;
        while (System.nanoTime() < end) {
            change(random.nextInt(6));
            turn++;
            if (System.nanoTime() >= nextSample) {
                nextSample += every;
                sample((System.nanoTime() - begun) / 1e9);
                arena.say(String.format(
                        Locale.ROOT,
                        "%.0f s of %d s: %s; %s",
                        (System.nanoTime() - begun) / 1e9,
                        length.toSeconds(),
                        tally.words(),
                        held.getFirst().words()));
            }
            TimeUnit.MILLISECONDS.sleep(STEP_MS);
        }
    }

    private void change(int what) throws IOException, InterruptedException {
        switch (what) {
            case 0 -> {
                List<String> rows = new ArrayList<>(arena.fleet().rows());
                rows.remove(random.nextInt(rows.size()));
                arena.fleet().list(turn % 2 == 0 ? rows : arena.fleet().rows());
                count("endpoints");
            }
            case 1 -> adapter("soak-adapter-" + random.nextInt(ADAPTERS));
            case 2 -> {
                String name = "tenant-soak-" + random.nextInt(TENANTS);
                if (random.nextBoolean()) {
                    arena.keys().addTenant(name);
                } else {
                    arena.keys().removeTenant(name);
                }
                count("tenants");
            }
            case 3 -> {
                Keys.Rotation rotation = arena.keys().rotate(random);
                if (!arena.await(rotation.fresh(), true)) {
                    throw new IOException("a new key was not taken within the time");
                }
                rotation.use();
                TimeUnit.MILLISECONDS.sleep(STEP_MS); // requests that have the old one in hand are let through
                String old = rotation.revoke();
                if (!arena.await(old, false)) {
                    throw new IOException("a revoked key was not refused within the time");
                }
                count("keys");
            }
            case 4 -> {
                arena.configure(setup());
                count("configurations");
            }
            default -> {
                SoakPlugin.pack(plugins, ++version);
                count("plugins");
            }
        }
    }

    private void count(String what) {
        changes.merge(what, 1, Integer::sum);
    }

    /** Loads an adapter into all engines, or takes it out of them. */
    private void adapter(String name) throws IOException, InterruptedException {
        boolean there = Pages.get(arena.fleet().engines().getFirst().port(), "/v1/models")
                .contains(name);
        for (SimulatorServer engine : arena.fleet().engines()) {
            Pages.text(
                    engine.port(),
                    there ? "/v1/unload_lora_adapter" : "/v1/load_lora_adapter",
                    "{\"lora_name\":\"" + name + "\",\"lora_path\":\"/adapters/" + name + "\"}");
        }
        count("adapters");
    }

    private void sample(double seconds) throws IOException, InterruptedException {
        List<Member> members = arena.living();
        for (int i = 0; i < members.size(); i++) {
            if (held.size() <= i) {
                held.add(new Held());
            }
            Member member = members.get(i);
            Held its = held.get(i);
            boolean collected = collect(member.pid());
            Series page = member.metrics();
            double live = page.sum("jvm_memory_used_bytes", "id=\"Tenured Gen\"");
            its.heap().add(seconds, collected ? live / (1 << 20) : Double.NaN);
            its.metaspace().add(seconds, page.sum("jvm_memory_used_bytes", "id=\"Metaspace\"") / (1 << 20));
            its.threads().add(seconds, Proc.threads(member.pid()));
            its.files().add(seconds, Proc.files(member.pid()));
            its.series().add(seconds, page.count());
        }
    }

    /** Has a gateway collect its garbage, after which all that lives is in the old generation; false without a JDK. */
    private static boolean collect(long pid) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        if (!Files.isExecutable(jcmd)) {
            return false;
        }
        Process process = new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.run")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor() == 0;
    }

    private void judge(Duration length, Tally tally, Sheet sheet) {
        sheet.figure("length", length.toSeconds(), "s");
        sheet.figure("requests", tally.count(), "");
        sheet.atMost("requests that failed, nothing repeated", tally.count() - tally.count(Ending.COMPLETE), 0, "");
        grown(sheet, "heap after a collection", its -> its.heap().growth(), HEAP_MB, "MB");
        grown(sheet, "metaspace", its -> its.metaspace().growth(), METASPACE_MB, "MB");
        grown(sheet, "threads", its -> its.threads().growth(), THREADS, "");
        grown(sheet, "open files", its -> its.files().growth(), FILES, "");
        grown(sheet, "series of metrics", Held::seriesGrowth, SERIES_PERCENT, "%");
        List<String> words = new ArrayList<>();
        changes.forEach((what, count) -> words.add(count + " × " + what));
        sheet.note("Changed: " + String.join(", ", words) + ".");
        held.forEach(its -> sheet.note("A gateway from its first sample to its last: " + its.words() + "."));
        tally.examples().forEach(sheet::note);
    }

    /** The most of all gateways. */
    private void grown(Sheet sheet, String what, ToDoubleFunction<Held> growth, double bar, String unit) {
        double most = held.isEmpty() ? Double.NaN : Double.NEGATIVE_INFINITY;
        for (Held its : held) {
            most = Math.max(most, growth.applyAsDouble(its));
        }
        sheet.atMost("growth of " + what + " in the second half", most, bar, unit);
    }
}
