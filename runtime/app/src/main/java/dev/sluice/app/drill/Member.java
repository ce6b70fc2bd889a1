package dev.sluice.app.drill;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A gateway in a process of its own. */
final class Member implements AutoCloseable {
    private static final Pattern SERVING = Pattern.compile("serving on port (\\d+), admin on port (\\d+)");
    private static final Pattern TIME = Pattern.compile("\\{\"time\":\"([^\"]+)\"");
    private static final int USAGE_TAIL = 4096;
    private static final int START_SECONDS = 90;
    private static final int SHOWN_LINES = 8;

    private final String name;
    private final Path directory;
    private final Process process;
    private final Deque<String> last = new ArrayDeque<>();
    private final CompletableFuture<int[]> ports = new CompletableFuture<>();
    private final Thread reader;

    private Member(String name, Path directory, Process process) {
        this.name = name;
        this.directory = directory;
        this.process = process;
        this.reader = Thread.ofPlatform().daemon().name(name + "-log").start(this::read);
    }

    /**
     * Starts one and waits until it serves.
     *
     * @param directory its own, with {@code gateway.yaml} in it
     * @param environment what it has beside this process's
     */
    static Member start(String name, Path directory, Map<String, String> environment)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(Jvm.command(
                        "serve",
                        "--config",
                        directory.resolve("gateway.yaml").toString(),
                        "--port=0",
                        "--admin-port=0"))
                .redirectErrorStream(true);
        builder.environment().putAll(environment);
        Member member = new Member(name, directory, builder.start());
        try {
            member.ports.get(START_SECONDS, TimeUnit.SECONDS);
            return member;
        } catch (ExecutionException | TimeoutException e) {
            member.close();
            throw new IOException(name + " did not start: " + member.lastLines(), e);
        }
    }

    private void read() {
        try (BufferedReader in = process.inputReader(StandardCharsets.UTF_8);
                BufferedWriter log = Files.newBufferedWriter(directory.resolve("log"))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                log.write(line);
                log.newLine();
                log.flush();
                remember(line);
                Matcher serving = SERVING.matcher(line);
                if (serving.find()) {
                    ports.complete(new int[] {Integer.parseInt(serving.group(1)), Integer.parseInt(serving.group(2))});
                }
            }
        } catch (IOException | UncheckedIOException e) {
            remember("the log could not be read: " + e.getMessage());
        }
        ports.completeExceptionally(new IOException("it ended"));
    }

    private synchronized void remember(String line) {
        last.add(line);
        if (last.size() > SHOWN_LINES) {
            last.remove();
        }
    }

    /** The end of its log. */
    synchronized String lastLines() {
        return String.join("\n", last);
    }

    String name() {
        return name;
    }

    Path directory() {
        return directory;
    }

    int port() {
        return ports.join()[0];
    }

    int adminPort() {
        return ports.join()[1];
    }

    long pid() {
        return process.pid();
    }

    boolean alive() {
        return process.isAlive();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /** SIGKILL, and waits until it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** SIGSTOP. */
    void freeze() throws IOException, InterruptedException {
        signal("-STOP", process.pid());
    }

    /** SIGCONT. */
    void thaw() throws IOException, InterruptedException {
        signal("-CONT", process.pid());
    }

    /** Sends a process a signal that Java has no word for. */
    static void signal(String signal, long pid) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder(List.of("kill", signal, Long.toString(pid))).start();
        if (kill.waitFor() != 0) {
            throw new IOException("kill " + signal + " failed");
        }
    }

    /** Its exit code; -1 when it has not ended by then. */
    int awaitEnd(long seconds) throws InterruptedException {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            return -1;
        }
        reader.join(TimeUnit.SECONDS.toMillis(5));
        return process.exitValue();
    }

    /** When its last request ended, by its own clock and its usage log; empty before the first. */
    Optional<Instant> lastUsage() throws IOException {
        Path log = directory.resolve("usage.jsonl");
        if (!Files.exists(log)) {
            return Optional.empty();
        }
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            file.seek(Math.max(0, file.length() - USAGE_TAIL));
            byte[] tail = new byte[USAGE_TAIL];
            int length = Math.max(0, file.read(tail));
            Matcher time = TIME.matcher(new String(tail, 0, length, StandardCharsets.UTF_8));
            Optional<Instant> found = Optional.empty();
            while (time.find()) {
                found = Optional.of(Instant.parse(time.group(1)));
            }
            return found;
        }
    }

    Series metrics() throws IOException, InterruptedException {
        return Series.of(Pages.get(adminPort(), "/metrics"));
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
