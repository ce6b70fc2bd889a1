package dev.sluice.app;

import dev.sluice.simulator.SimulatorOptions;
import dev.sluice.simulator.SimulatorServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;

/** Cold simulated engines on free ports, and what their own counters say. */
final class DemoFleet implements AutoCloseable {
    static final String MODEL = "acme/chat-8b";
    /** A cache that holds about a third of the workload's prefixes: where a prefix is computed matters. */
    private static final int KV_BLOCKS = 1800;
    /** Simulated time passes this much faster than the wall's, so that the demo is short. */
    static final double TIME_SCALE = 0.5;

    private final List<SimulatorServer> engines = new ArrayList<>();

    private DemoFleet() {}

    static DemoFleet start(int count, long seed) {
        DemoFleet fleet = new DemoFleet();
        for (int i = 0; i < count; i++) {
            fleet.engines.add(SimulatorServer.start(SimulatorOptions.builder()
                    .model(MODEL)
                    .kvBlocks(KV_BLOCKS)
                    .timeScale(TIME_SCALE)
                    .seed(seed + i)
                    .build()));
        }
        return fleet;
    }

    List<Integer> ports() {
        return engines.stream().map(SimulatorServer::port).toList();
    }

    /** Sum of a counter over all engines, read from their metrics pages as any monitoring would. */
    double counter(HttpClient http, String name) throws IOException, InterruptedException {
        double sum = 0;
        for (int port : ports()) {
            URI page = URI.create("http://127.0.0.1:" + port + "/metrics");
            String text = http.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
            for (String line : text.split("\n")) {
                if (line.startsWith(name + "{") || line.startsWith(name + " ")) {
                    sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
                }
            }
        }
        return sum;
    }

    @Override
    public void close() {
        engines.forEach(SimulatorServer::close);
    }
}
