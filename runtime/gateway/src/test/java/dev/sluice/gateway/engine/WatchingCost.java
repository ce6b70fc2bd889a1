package dev.sluice.gateway.engine;

import dev.sluice.core.Scrape;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;

/**
 * What watching a fleet costs: run {@code serve COUNT} in one JVM, which prints the ports, and {@code watch SECONDS
 * busy|idle PORT...} in another, which prints the share of one core that it used after a warm-up.
 */
final class WatchingCost {
    private WatchingCost() {}

    /** See the class. */
    public static void main(String[] args) throws Exception {
        if (args[0].equals("serve")) {
            byte[] page = Arrays.copyOf(MetricsPageTest.capture("vllm-0.32-during.txt"), 60_000);
            List<String> ports = new ArrayList<>();
            for (int i = 0; i < Integer.parseInt(args[1]); i++) {
                FakeEngine engine = FakeEngine.serving("m").on("/metrics", FakeEngine.whole(200, page));
                ports.add(String.valueOf(engine.port()));
            }
            System.out.println(String.join(" ", ports));
            Thread.currentThread().join();
        }
        watch(
                Integer.parseInt(args[1]),
                args[2].equals("busy"),
                Arrays.asList(args).subList(3, args.length));
    }

    private static void watch(int seconds, boolean busy, List<String> ports) throws InterruptedException {
        LongAdder scrapes = new LongAdder();
        LongAdder probes = new LongAdder();
        LongAdder failures = new LongAdder();
        EngineEvents events = new EngineEvents() {
            @Override
            public void probeSucceeded(String id, Served served) {
                probes.increment();
            }

            @Override
            public void probeFailed(String id, String reason) {
                failures.increment();
            }

            @Override
            public void wrongModel(String id, String reason) {
                failures.increment();
            }

            @Override
            public void scraped(String id, Scrape scrape) {
                scrapes.increment();
            }

            @Override
            public void scrapeLost(String id) {
                failures.increment();
            }
        };
        var os = (com.sun.management.OperatingSystemMXBean)
                java.lang.management.ManagementFactory.getOperatingSystemMXBean();
        try (Engines engines = new Engines(EngineSettings.DEFAULT, events)) {
            engines.setTargets(ports.stream()
                    .map(port -> new EngineTarget(
                            port, URI.create("http://127.0.0.1:" + port), Optional.empty(), Set.of("m")))
                    .toList());
            for (int window = 0; window < 4; window++) {
                long cpu = os.getProcessCpuTime();
                long start = System.nanoTime();
                long before = scrapes.sum();
                long probed = probes.sum();
                for (int tick = 0; tick < seconds * 10; tick++) {
                    Thread.sleep(100);
                    if (busy) {
                        ports.forEach(engines::traffic);
                    }
                }
                double share = (os.getProcessCpuTime() - cpu) / (double) (System.nanoTime() - start);
                System.out.printf(
                        "window %d: %.4f core, %d scrapes, %d probes, %d failures%n",
                        window, share, scrapes.sum() - before, probes.sum() - probed, failures.sum());
            }
        }
    }
}
