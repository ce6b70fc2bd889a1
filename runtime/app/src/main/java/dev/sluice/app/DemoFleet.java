package dev.sluice.app;

import dev.sluice.simulator.SimulatorOptions;
import dev.sluice.simulator.SimulatorServer;
import dev.sluice.simulator.transfer.ConnectorKind;
import dev.sluice.simulator.transfer.TransferOptions;
import dev.sluice.spi.Role;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Cold simulated engines on free ports, and what their own counters say. */
final class DemoFleet implements AutoCloseable {
    static final String MODEL = "acme/chat-8b";
    /** A cache that holds about a third of the workload's prefixes: where a prefix is computed matters. */
    private static final int KV_BLOCKS = 1800;
    /** Simulated time passes this much faster than the wall's, so that the demo is short. */
    static final double TIME_SCALE = 0.5;

    private final List<Engine> engines = new ArrayList<>();

    private record Engine(SimulatorServer server, Role role) {}

    private DemoFleet() {}

    /** Engines with small caches. */
    static DemoFleet start(int count, long seed) {
        DemoFleet fleet = new DemoFleet();
        for (int i = 0; i < count; i++) {
            fleet.add(options(seed + i).kvBlocks(KV_BLOCKS), Role.BOTH);
        }
        return fleet;
    }

    /** Engines that are all alike, with caches as such engines have them. */
    static DemoFleet alike(int count, long seed) {
        DemoFleet fleet = new DemoFleet();
        for (int i = 0; i < count; i++) {
            fleet.add(options(seed + i), Role.BOTH);
        }
        return fleet;
    }

    /** The same engines, half of them for prompts and the rest for answers, with NIXL between them. */
    static DemoFleet apart(int count, long seed) {
        DemoFleet fleet = new DemoFleet();
        for (int i = 0; i < count; i++) {
            Role role = i < count / 2 ? Role.PREFILL : Role.DECODE;
            fleet.add(options(seed + i).transfer(TransferOptions.of(ConnectorKind.NIXL)), role);
        }
        return fleet;
    }

    private static SimulatorOptions.Builder options(long seed) {
        return SimulatorOptions.builder().model(MODEL).timeScale(TIME_SCALE).seed(seed);
    }

    private void add(SimulatorOptions.Builder options, Role role) {
        engines.add(new Engine(SimulatorServer.start(options.role(role).build()), role));
    }

    /** The lines of a pool that say which engines there are, and how KV moves between them. */
    String pool() {
        StringBuilder yaml = new StringBuilder();
        if (pairs() > 0) {
            yaml.append("    connector: nixl\n");
        }
        yaml.append("    endpoints:\n");
        for (Engine engine : engines) {
            yaml.append("      - {url: \"http://127.0.0.1:")
                    .append(engine.server().port())
                    .append("\", role: ")
                    .append(engine.role().name().toLowerCase(Locale.ROOT))
                    .append("}\n");
        }
        return yaml.toString();
    }

    /** How many pairs of a prefill and a decode engine there are. */
    int pairs() {
        long prefill = engines.stream().filter(e -> e.role() == Role.PREFILL).count();
        return (int) (prefill * (engines.size() - prefill));
    }

    List<Integer> ports() {
        return engines.stream().map(engine -> engine.server().port()).toList();
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
        engines.forEach(engine -> engine.server().close());
    }
}
