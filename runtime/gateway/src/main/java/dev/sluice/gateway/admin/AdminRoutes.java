package dev.sluice.gateway.admin;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What each path of the admin port says. Knows nothing of HTTP servers. */
final class AdminRoutes {
    private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
    private static final String EXPLAIN = "/explain/";
    private static final String TENANT = "/tenants/";
    private static final int DECISIONS = 50;
    private static final int MOST_DECISIONS = 1000;
    /** The only paths that answer without a token: they say nothing that a stranger could use. */
    private static final Set<String> OPEN = Set.of("/livez", "/readyz", "/");

    private static final Set<String> GETS = Set.of(
            "/",
            "/metrics",
            "/livez",
            "/readyz",
            "/config",
            "/plugins",
            "/endpoints",
            "/tenants",
            "/decisions",
            "/threads");
    private static final Set<String> POSTS = Set.of("/route", "/drain");
    private static final Set<String> METRICS_LISTENER = Set.of("/metrics", "/livez", "/readyz");

    /**
     * One request.
     *
     * @param method as sent
     * @param path decoded, without the query
     * @param query its first values
     * @param body read only when it is wanted
     */
    record Call(String method, String path, Map<String, String> query, Body body) {}

    /** A request's body. */
    @FunctionalInterface
    interface Body {
        byte[] read();
    }

    private final AdminView view;
    private final byte[] console = resource("console.html");

    AdminRoutes(AdminView view) {
        this.view = view;
    }

    static boolean open(String path) {
        return OPEN.contains(path);
    }

    /** For the listener that has metrics and health only. */
    Answer metricsListener(Call call) throws IOException {
        return METRICS_LISTENER.contains(call.path()) ? answer(call) : notFound();
    }

    Answer answer(Call call) throws IOException {
        String path = call.path();
        boolean get = GETS.contains(path) || path.startsWith(EXPLAIN) || path.startsWith(TENANT);
        if (!get && !POSTS.contains(path)) {
            return notFound();
        }
        String allowed = get ? "GET" : "POST";
        if (!call.method().equals(allowed)) {
            return Answer.error(405, "method_not_allowed", "only " + allowed + " here")
                    .with("Allow", allowed);
        }
        return switch (path) {
            case "/" ->
                new Answer(
                        200,
                        "text/html; charset=utf-8",
                        console,
                        Map.of(
                                "Content-Security-Policy",
                                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline';"
                                        + " connect-src 'self'"));
            case "/metrics" -> metrics();
            case "/livez" -> view.live() ? health(200, "live") : health(503, "not live");
            case "/readyz" -> view.notReady().map(reason -> health(503, reason)).orElseGet(() -> health(200, "ready"));
            case "/config" -> config();
            case "/plugins" -> Answer.json(200, view.plugins());
            case "/endpoints" -> Answer.json(200, view.endpoints());
            case "/tenants" -> Answer.json(200, view.tenants());
            case "/decisions" -> decisions(call);
            case "/threads" -> Answer.text(200, "text/plain; charset=utf-8", ThreadDump.text());
            case "/route" -> route(call);
            case "/drain" -> drain();
            default ->
                path.startsWith(TENANT)
                        ? tenant(path.substring(TENANT.length()))
                        : explain(path.substring(EXPLAIN.length()));
        };
    }

    private static Answer notFound() {
        return Answer.error(404, "not_found", "no such path");
    }

    private static Answer health(int status, String text) {
        return Answer.text(status, "text/plain; charset=utf-8", text + "\n");
    }

    private Answer metrics() throws IOException {
        ByteArrayOutputStream page = new ByteArrayOutputStream(64 * 1024);
        view.metrics(page);
        return new Answer(200, METRICS_TYPE, page.toByteArray(), Map.of());
    }

    private Answer config() {
        String text = view.config();
        return Answer.text(200, text.startsWith("{") ? "application/json" : "application/yaml", text);
    }

    private Answer decisions(Call call) {
        int limit;
        try {
            limit = Integer.parseInt(call.query().getOrDefault("limit", String.valueOf(DECISIONS)));
        } catch (NumberFormatException e) {
            return Answer.error(400, "invalid_request", "limit must be a number");
        }
        List<RecentDecision> decisions = view.decisions(Math.clamp(limit, 1, MOST_DECISIONS));
        return Answer.json(200, decisions);
    }

    private Answer tenant(String name) {
        Optional<?> tenant = view.tenant(name);
        return tenant.isPresent()
                ? Answer.json(200, tenant.get())
                : Answer.error(404, "not_found", "there is no tenant of that name; /tenants lists them");
    }

    private Answer explain(String id) {
        return view.explain(id)
                .map(explanation -> Answer.json(200, explanation))
                .or(() -> view.explainedElsewhere(id)
                        .map(json -> new Answer(200, "application/json", json, Map.of("x-sluice-replica", "other"))))
                .orElseGet(() -> Answer.error(
                        404, "not_found", "no decision of that id is remembered; /decisions lists those that are"));
    }

    private Answer route(Call call) {
        String path = call.query().getOrDefault("path", "/v1/chat/completions");
        String tenant = call.query().getOrDefault("tenant", "anonymous");
        try {
            return Answer.json(200, view.route(call.body().read(), path, tenant));
        } catch (IllegalArgumentException e) {
            return Answer.error(
                    400, "invalid_request", Optional.ofNullable(e.getMessage()).orElse("not a good request"));
        }
    }

    private Answer drain() {
        view.drain();
        return Answer.json(202, Map.of("draining", true));
    }

    private static byte[] resource(String name) {
        try (InputStream in = AdminRoutes.class.getResourceAsStream(name)) {
            return in == null ? name.getBytes(StandardCharsets.UTF_8) : in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
