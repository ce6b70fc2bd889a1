package dev.sluice.app.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * A place to measure: the tools, compiled into a temporary directory, and the processes that were started, all of which are
 * gone when it is closed.
 */
final class Workbench implements AutoCloseable {
    private static final Duration READY_LIMIT = Duration.ofSeconds(30);
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final PrintWriter progress;
    private final String taskset;
    private final Cores cores;
    private final Launcher launcher;
    private final boolean cached;
    private final String loadBefore;
    private final Path directory;
    private final Deque<Child> children = new ArrayDeque<>();
    private final Thread cleaner = new Thread(this::clean);
    private int logs;

    private Workbench(PrintWriter progress, String compiler, String taskset) throws IOException {
        this.progress = progress;
        this.taskset = taskset;
        this.cores = Cores.find();
        this.launcher = Launcher.find();
        this.cached = launcher.awaitCache(progress);
        this.loadBefore = Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
        this.directory = Files.createTempDirectory("sluice-bench");
        Runtime.getRuntime().addShutdownHook(cleaner);
        Command.output(compiler, "-O2", "-o", file("load"), resource("load.c"), "-lm");
        Command.output(compiler, "-O2", "-o", file("backend"), resource("backend.c"));
        resource("metrics.txt");
    }

    /** Finds what is needed and compiles the tools; says what to install when something is missing. */
    static Workbench open(PrintWriter progress) throws IOException {
        return new Workbench(
                progress, Command.require("cc", "gcc libc6-dev"), Command.require("taskset", "util-linux"));
    }

    /** A gateway that runs, or the backends themselves. */
    record Running(Child child, int port) implements AutoCloseable {
        @Override
        public void close() {
            child.close();
        }
    }

    /** Backends that run, and where. */
    record Backends(Child child, List<Integer> ports) implements AutoCloseable {
        @Override
        public void close() {
            child.close();
        }
    }

    void say(String text) {
        progress.println(text);
        progress.flush();
    }

    /** Keeps this process, where it makes load itself, off the gateway's core. */
    void stayAside() throws IOException {
        Command.output(
                taskset,
                "-a",
                "-p",
                "-c",
                cores.load(),
                Long.toString(ProcessHandle.current().pid()));
    }

    Path directory() {
        return directory;
    }

    Cores cores() {
        return cores;
    }

    Launcher launcher() {
        return launcher;
    }

    /** Whether the launcher has an AOT cache to start Sluice with. */
    boolean cached() {
        return cached;
    }

    /** How many threads wanted a core, mean of the last minute before anything was measured: a quiet machine is near 0. */
    String loadBefore() {
        return loadBefore;
    }

    /** Starts backends whose streams have so many events, so many microseconds apart. */
    Backends backends(int count, int events, long intervalMicros) throws IOException {
        List<String> command = pinned(
                cores.load(),
                file("backend"),
                "-p",
                Integer.toString(count),
                "-m",
                file("metrics.txt"),
                "-n",
                Integer.toString(events),
                "-i",
                Long.toString(intervalMicros));
        Child child = remember(Child.speaking("backend", log(), command));
        return new Backends(
                child,
                Arrays.stream(child.line().split(" ", -1)).map(Integer::valueOf).toList());
    }

    /** Starts a proxy on the gateway's core and waits until it passes requests on. */
    Running proxy(int port, String... command) throws IOException {
        Child child = remember(Child.start(command[0], log(), pinned(cores.gateway(), command)));
        Wire.await(child, port, Wire.get("/v1/models"), READY_LIMIT, PAUSE);
        return new Running(child, port);
    }

    /** Starts something else on the cores of load and backends, and waits until it answers. */
    Running beside(int port, String... command) throws IOException {
        Child child = remember(Child.start(command[0], log(), pinned(cores.load(), command)));
        Wire.await(child, port, Wire.get("/v1/models"), READY_LIMIT, PAUSE);
        return new Running(child, port);
    }

    /**
     * Starts Sluice by its launcher with this configuration, on the gateway's core, and waits until it is ready.
     *
     * @param before what stands before the launcher, such as {@code env} and variables
     */
    Running sluice(Path config, int port, String... before) throws IOException {
        List<String> command = new ArrayList<>(List.of(before));
        command.addAll(List.of(launcher.file().toString(), "serve", "--config", config.toString()));
        Child child = remember(Child.start("sluice", log(), pinned(cores.gateway(), command.toArray(String[]::new))));
        Wire.await(child, port, Wire.get("/readyz"), READY_LIMIT, PAUSE);
        return new Running(child, port);
    }

    /** Starts Sluice by its launcher, on the gateway's core, and waits until it is ready. */
    Running sluice(List<Integer> backends) throws IOException {
        Running running = startSluice(backends, true);
        Wire.await(running.child(), running.port(), Wire.get("/readyz"), READY_LIMIT, PAUSE);
        return running;
    }

    /** Starts Sluice by its launcher and waits for nothing. */
    Running startSluice(List<Integer> backends, boolean pinned) throws IOException {
        int port = Wire.freePort();
        Path config = write("sluice-" + port + ".yaml", Configs.sluice(port, Wire.freePort(), backends));
        String[] command = {launcher.file().toString(), "serve", "--config", config.toString()};
        return new Running(
                remember(Child.start("sluice", log(), pinned ? pinned(cores.gateway(), command) : List.of(command))),
                port);
    }

    /** Writes a file into the workbench's directory. */
    Path write(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content);
    }

    /** Sends load to a port; counts what a gateway uses meanwhile, when there is one. */
    Sample load(int port, List<Child> gateway, Load load, double warmUpSeconds, double seconds) throws IOException {
        return Sample.parse(loadLine(port, gateway, load, warmUpSeconds, seconds));
    }

    /** The same, as the load generator says it. */
    String loadLine(int port, List<Child> gateway, Load load, double warmUpSeconds, double seconds) throws IOException {
        List<String> command = new ArrayList<>(pinned(cores.load(), file("load"), "-t", "127.0.0.1:" + port));
        command.addAll(load.arguments(warmUpSeconds, seconds));
        command.addAll(List.of("-b", load.bodies().write(directory).toString()));
        if (!gateway.isEmpty()) {
            command.addAll(
                    List.of("-P", Sample.GATEWAY + "=" + gateway.getFirst().pid()));
        }
        try (Child child = Child.speaking("load", log(), command)) {
            return child.line();
        }
    }

    private List<String> pinned(String onCores, String... command) {
        List<String> line = new ArrayList<>(List.of(taskset, "-c", onCores));
        line.addAll(List.of(command));
        return line;
    }

    private synchronized Child remember(Child child) {
        children.push(child);
        return child;
    }

    private Path log() {
        return directory.resolve("log" + ++logs);
    }

    private String file(String name) {
        return directory.resolve(name).toString();
    }

    private String resource(String name) throws IOException {
        try (InputStream in = Workbench.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("no resource " + name);
            }
            Files.copy(in, directory.resolve(name));
        }
        return file(name);
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(cleaner);
        clean();
    }

    private synchronized void clean() {
        children.forEach(Child::close);
        children.clear();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            say("left behind: " + directory + " (" + e.getMessage() + ")");
        }
    }
}
