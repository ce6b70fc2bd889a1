package dev.sluice.gateway.admin;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.EndpointStatus;
import dev.sluice.core.Explanation;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A gateway with one pool and one decision. */
final class FakeView implements AdminView {
    volatile boolean draining;
    volatile boolean broken;
    volatile int limit;

    /** What {@code POST /route} shows. */
    record Route(String tenant, String path, int bytes, double score, Optional<String> refusal) {}

    @Override
    public List<PoolStatus> endpoints() {
        if (broken) {
            throw new IllegalStateException("secret detail");
        }
        EndpointReport report = new EndpointReport(
                new Endpoint("a", "10.0.0.1:8000", Role.PREFILL, Map.of("zone", "x")),
                EndpointStatus.SLOW_START,
                "came back 3 s ago",
                3000,
                List.of("m"),
                2,
                256,
                512,
                8000,
                Double.NaN,
                Double.POSITIVE_INFINITY,
                1,
                7);
        return List.of(new PoolStatus("chat", List.of(report), 1, 2048, 99, List.of(), Optional.empty()));
    }

    @Override
    public List<RecentDecision> decisions(int limit) {
        this.limit = limit;
        return List.of(new RecentDecision(
                "id-1",
                "mine-1",
                Instant.parse("2026-01-02T03:04:05Z"),
                "chat",
                "anonymous",
                "/v1/messages",
                "m",
                1,
                "a",
                100,
                64,
                OptionalInt.empty(),
                "completed",
                12.5,
                ""));
    }

    @Override
    public Optional<ExplainedDecision> explain(String id) {
        return id.equals("id 1/x")
                ? Optional.of(new ExplainedDecision(
                        decisions(1).getFirst(),
                        new Explanation(
                                id,
                                "default",
                                List.of("default"),
                                Map.of("work", 2.0),
                                List.of(new Explanation.Candidate(
                                        "a",
                                        "ready",
                                        "",
                                        Double.NaN,
                                        Collections.singletonMap("work", Double.NaN),
                                        Map.of("ms", 12.5),
                                        64,
                                        0,
                                        "told")),
                                "a",
                                "",
                                Optional.empty(),
                                Map.of(),
                                "")))
                : Optional.empty();
    }

    @Override
    public Object route(byte[] body, String path, String tenant) {
        if (body.length == 0) {
            throw new IllegalArgumentException("the body is empty");
        }
        return new Route(tenant, path, body.length, Double.NaN, Optional.of("saturated"));
    }

    @Override
    public String config() {
        return "pools: []\n";
    }

    @Override
    public List<PluginStatus> plugins() {
        return List.of(new PluginStatus(
                "zone", "loaded", "", "1", "[1.0,2)", List.of(new PluginStatus.Jar("zone.jar", "00")), List.of()));
    }

    @Override
    public List<TenantStatus> tenants() {
        return List.of(new TenantStatus("anonymous", List.of("m"), "open to everybody"));
    }

    @Override
    public Optional<?> tenant(String name) {
        return name.equals("acme") ? Optional.of(Map.of("tenant", name)) : Optional.empty();
    }

    @Override
    public void drain() {
        draining = true;
    }

    @Override
    public Optional<String> notReady() {
        return draining ? Optional.of("draining") : Optional.empty();
    }

    @Override
    public boolean live() {
        return true;
    }

    @Override
    public void metrics(OutputStream out) throws IOException {
        out.write("sluice_x 1\n".getBytes(StandardCharsets.UTF_8));
    }
}
