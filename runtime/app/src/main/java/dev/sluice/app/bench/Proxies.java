package dev.sluice.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** All targets of one work, running at the same time; only one gets load. */
final class Proxies implements AutoCloseable {
    private static final int BACKENDS = 8;
    private static final int EVENTS = 200;
    private static final long INTERVAL_MICROS = 10_000;
    private static final int LARGE_BUFFER = 65_536;
    private static final int SETTLE_SECONDS = 15;
    private static final double NEARLY_IDLE_CORES = 0.05;

    private final Workbench bench;
    private final Workbench.Backends backends;
    private final Map<Target, Workbench.Running> running = new EnumMap<>(Target.class);

    private Proxies(Workbench bench) throws IOException {
        this.bench = bench;
        this.backends = bench.backends(BACKENDS, EVENTS, INTERVAL_MICROS);
    }

    /** Starts them: those that are installed, and Sluice. */
    static Proxies start(Workbench bench, Work work) throws IOException {
        Proxies proxies = new Proxies(bench);
        try {
            proxies.running.put(
                    Target.DIRECT,
                    new Workbench.Running(
                            proxies.backends.child(), proxies.backends.ports().getFirst()));
            Optional<String> haproxy = Command.find("haproxy");
            if (haproxy.isPresent()) {
                proxies.haproxy(Target.HAPROXY, haproxy.get(), 0);
                proxies.haproxy(Target.CONTROL, haproxy.get(), 0);
                if (work == Work.LARGE) {
                    proxies.haproxy(Target.HAPROXY_64K, haproxy.get(), LARGE_BUFFER);
                }
            }
            Optional<String> nginx = Command.find("nginx");
            if (nginx.isPresent()) {
                proxies.nginx(nginx.get());
            }
            proxies.running.put(Target.SLUICE, bench.sluice(proxies.backends.ports()));
            return proxies;
        } catch (IOException | RuntimeException e) {
            proxies.close();
            throw e;
        }
    }

    /** Names and versions of what there is to compare with; what is missing, and how to get it. */
    static String versions() throws IOException {
        Optional<String> haproxy = Command.find("haproxy");
        Optional<String> nginx = Command.find("nginx");
        return (haproxy.isPresent()
                        ? Command.output(haproxy.get(), "-v")
                                .lines()
                                .findFirst()
                                .orElse("HAProxy")
                        : "no HAProxy (Debian: apt-get install haproxy)")
                + "; "
                + (nginx.isPresent()
                        ? Command.output(nginx.get(), "-v")
                        : "no nginx (Debian: apt-get install nginx-light)");
    }

    private void haproxy(Target target, String command, int bufferSize) throws IOException {
        int port = Wire.freePort();
        Path config = bench.write("haproxy-" + port + ".cfg", Configs.haproxy(port, backends.ports(), bufferSize));
        running.put(target, bench.proxy(port, command, "-db", "-f", config.toString()));
    }

    private void nginx(String command) throws IOException {
        int port = Wire.freePort();
        Path directory = Files.createDirectory(bench.directory().resolve("nginx-" + port));
        Path config = bench.write("nginx-" + port + ".conf", Configs.nginx(port, backends.ports(), directory));
        running.put(Target.NGINX, bench.proxy(port, command, "-p", directory.toString(), "-c", config.toString()));
    }

    /** In the order of {@link Target}. */
    List<Target> targets() {
        return List.copyOf(running.keySet());
    }

    /** Sends load to one of them. */
    Sample load(Target target, Load load, double warmUpSeconds, double seconds) throws IOException {
        Workbench.Running one = running.get(target);
        if (one == null) {
            throw new IllegalArgumentException(target + " does not run");
        }
        return bench.load(
                one.port(), target == Target.DIRECT ? List.of() : List.of(one.child()), load, warmUpSeconds, seconds);
    }

    /** Waits until Sluice is nearly idle without load: a JVM has a queue of code to compile after a busy time. */
    void settle() throws IOException, InterruptedException {
        Workbench.Running sluice = running.get(Target.SLUICE);
        if (sluice == null) {
            return;
        }
        double before = sluice.child().use().cpuSeconds();
        for (int i = 0; i < SETTLE_SECONDS; i++) {
            TimeUnit.SECONDS.sleep(1);
            double after = sluice.child().use().cpuSeconds();
            if (after - before < NEARLY_IDLE_CORES) {
                return;
            }
            before = after;
        }
    }

    @Override
    public void close() {
        running.values().forEach(Workbench.Running::close);
        backends.close();
    }
}
