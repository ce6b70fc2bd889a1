package dev.sluice.app.drill;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A simulated engine in a process of its own, for signals that a thread can't be sent. */
final class EngineProcess implements AutoCloseable {
    static final String NAME = "engine's process";

    private final Path log;
    private Optional<Process> process = Optional.empty();
    private String url = "";

    EngineProcess(Path log) {
        this.log = log;
    }

    /** Starts it on a free port and waits until it serves. */
    void start() throws IOException {
        Process fresh = new ProcessBuilder(Jvm.command("simulator", "--port", "0", "--model", Fleet.MODEL, "--json"))
                .redirectError(log.toFile())
                .start();
        process = Optional.of(fresh);
        BufferedReader out = fresh.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the engine's process ended, see " + log);
        }
        url = new ObjectMapper().readTree(line).path("urls").path(0).asText();
    }

    /** These rows and its own. */
    List<String> and(List<String> rows) {
        List<String> all = new ArrayList<>(rows);
        all.add("  - {url: \"" + url + "\"}\n");
        return all;
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        if (process.isPresent()) {
            process.get().destroyForcibly().waitFor();
        }
    }

    /** SIGSTOP: connections are still taken, by the system, and nothing answers. */
    void freeze() throws IOException, InterruptedException {
        Member.signal("-STOP", process.orElseThrow().pid());
    }

    /** SIGCONT. */
    void thaw() throws IOException, InterruptedException {
        Member.signal("-CONT", process.orElseThrow().pid());
    }

    @Override
    public void close() {
        process.ifPresent(Process::destroyForcibly);
    }
}
