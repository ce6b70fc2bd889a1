package dev.sluice.app.drill;

import dev.sluice.simulator.SimulatorOptions;
import dev.sluice.simulator.SimulatorServer;
import dev.sluice.simulator.events.EventOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** Simulated engines in this process, and the endpoints file that lists them. */
final class Fleet implements AutoCloseable {
    static final String MODEL = "drill";

    private final List<SimulatorServer> engines = new ArrayList<>();
    private final Path file;

    private Fleet(Path file) {
        this.file = file;
    }

    /** @param options of the first; seeds count up */
    static Fleet start(int count, SimulatorOptions options, Path file) throws IOException {
        Fleet fleet = new Fleet(file);
        for (int i = 0; i < count; i++) {
            fleet.engines.add(SimulatorServer.start(
                    options.toBuilder().model(MODEL).seed(options.seed() + i).build()));
        }
        fleet.list(fleet.rows());
        return fleet;
    }

    List<SimulatorServer> engines() {
        return engines;
    }

    /** A row for each engine. */
    List<String> rows() {
        return engines.stream()
                .map(engine -> "  - {url: \"http://127.0.0.1:" + engine.port() + "\"" + events(engine) + "}\n")
                .toList();
    }

    private static String events(SimulatorServer engine) {
        EventOptions its = engine.options().events();
        return its.enabled()
                ? ", kvEvents: \"" + here(its.endpoint()) + "\", kvReplay: \"" + here(its.replayEndpoint()) + "\""
                : "";
    }

    private static String here(String endpoint) {
        return endpoint.replace("*", "127.0.0.1");
    }

    /** Lists these rows from now on. */
    void list(List<String> rows) throws IOException {
        replace(file, "endpoints:\n" + String.join("", rows));
    }

    /** Replaces a file in one step, as whoever reads it may expect. */
    static void replace(Path file, String text) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".next");
        Files.writeString(beside, text);
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Requests that engines are still busy with. */
    double busy() throws IOException, InterruptedException {
        double busy = 0;
        for (SimulatorServer engine : engines) {
            Series page = Series.of(Pages.get(engine.port(), "/metrics"));
            busy += page.sum("vllm:num_requests_running") + page.sum("vllm:num_requests_waiting");
        }
        return busy;
    }

    @Override
    public void close() {
        engines.forEach(SimulatorServer::close);
    }
}
