package dev.sluice.gateway;

import dev.sluice.gateway.config.Catalog;
import dev.sluice.gateway.config.ConfigLoader;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.config.Overrides;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** A real gateway in front of scripted engines, and a client for it. */
final class GatewayFixture implements AutoCloseable {
    static final String CHAT = "/v1/chat/completions";
    final Gateway gateway;
    final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private GatewayFixture(Gateway gateway) {
        this.gateway = gateway;
    }

    static GatewayFixture before(Path dir, List<ScriptedEngine> engines) throws IOException, InterruptedException {
        return before(dir, engines, "");
    }

    /** Starts a gateway; {@code extra} are further lines of the pool. */
    static GatewayFixture before(Path dir, List<ScriptedEngine> engines, String extra)
            throws IOException, InterruptedException {
        return before(dir, engines, extra, "");
    }

    /** Starts a gateway before engines of two roles; {@code routing} empty for the default policy. */
    static GatewayFixture split(
            Path dir, List<ScriptedEngine> prefill, List<ScriptedEngine> decode, String extra, String routing)
            throws IOException, InterruptedException {
        return split(dir, prefill, decode, extra, routing, "");
    }

    /** The same with further lines of {@code server:}. */
    static GatewayFixture split(
            Path dir,
            List<ScriptedEngine> prefill,
            List<ScriptedEngine> decode,
            String extra,
            String routing,
            String server)
            throws IOException, InterruptedException {
        List<ScriptedEngine> all = new ArrayList<>(prefill);
        all.addAll(decode);
        Loaded loaded = load(
                dir,
                all,
                server,
                extra,
                routing,
                engine -> prefill.contains(engine) ? ", role: prefill" : ", role: decode");
        return ready(new GatewayFixture(Gateway.start(loaded.config().orElseThrow(), loaded.catalog())), all.size());
    }

    /** Starts a gateway; {@code top} are further keys of the configuration. */
    static GatewayFixture before(Path dir, List<ScriptedEngine> engines, String extra, String top)
            throws IOException, InterruptedException {
        return ready(start(dir, engines, "", extra, top), engines.size());
    }

    /** Starts a gateway; {@code server} are further lines of {@code server:}. */
    static GatewayFixture withServer(Path dir, List<ScriptedEngine> engines, String server)
            throws IOException, InterruptedException {
        return ready(start(dir, engines, server, "", ""), engines.size());
    }

    /** Starts a gateway that goes on to take requests for so long when it drains. */
    static GatewayFixture draining(Path dir, List<ScriptedEngine> engines, String notReadyFor)
            throws IOException, InterruptedException {
        return withServer(dir, engines, "drain: {notReadyFor: " + notReadyFor + ", streams: 20s}");
    }

    /** Starts a gateway; further keys of the pool, of the configuration and of {@code server:}. */
    static GatewayFixture before(Path dir, List<ScriptedEngine> engines, String extra, String top, String server)
            throws IOException, InterruptedException {
        return ready(start(dir, engines, server, extra, top), engines.size());
    }

    /** Starts a gateway whose engines do not become ready. */
    static GatewayFixture notReady(Path dir, List<ScriptedEngine> engines) throws IOException {
        return start(dir, engines, "", "", "");
    }

    private static GatewayFixture ready(GatewayFixture fixture, int engines) throws InterruptedException {
        if (!fixture.gateway.awaitReady(Duration.ofSeconds(20))) {
            throw new IllegalStateException("not ready: " + fixture.gateway.notReady());
        }
        fixture.awaitServing(engines);
        return fixture;
    }

    private static GatewayFixture start(Path dir, List<ScriptedEngine> engines, String server, String extra, String top)
            throws IOException {
        Loaded loaded = load(dir, engines, server, extra, top);
        return new GatewayFixture(Gateway.start(loaded.config().orElseThrow(), loaded.catalog()));
    }

    /** Writes and reads a configuration. */
    static Loaded load(Path dir, List<ScriptedEngine> engines, String server, String extra, String top)
            throws IOException {
        return load(dir, engines, server, extra, top, engine -> "");
    }

    private static Loaded load(
            Path dir,
            List<ScriptedEngine> engines,
            String server,
            String extra,
            String top,
            Function<ScriptedEngine, String> more)
            throws IOException {
        StringBuilder yaml = new StringBuilder("""
                server:
                  host: 127.0.0.1
                  port: 0
                  debugHeaders: true
                  admin: {port: 0}
                """);
        if (!server.contains("drain:")) {
            yaml.append("  drain: {notReadyFor: 0s, streams: 20s}\n");
        }
        if (!server.isEmpty()) {
            yaml.append("  ").append(server).append('\n');
        }
        yaml.append("""
                pools:
                  - name: chat
                    models: [base, alias]
                """);
        if (!extra.isEmpty()) {
            yaml.append("    ").append(extra).append('\n');
        }
        yaml.append("    endpoints:\n");
        for (ScriptedEngine engine : engines) {
            yaml.append("      - {url: \"http://127.0.0.1:")
                    .append(engine.port())
                    .append('"')
                    .append(more.apply(engine))
                    .append("}\n");
        }
        yaml.append(top);
        return read(Files.writeString(dir.resolve("gateway.yaml"), yaml.toString()), Overrides.NONE);
    }

    /** Starts a gateway with a configuration, and waits until so many endpoints are in service. */
    static GatewayFixture load(Path file, Overrides overrides, int endpoints) throws IOException, InterruptedException {
        Loaded loaded = read(file, overrides);
        return ready(new GatewayFixture(Gateway.start(loaded.config().orElseThrow(), loaded.catalog())), endpoints);
    }

    /** Starts a gateway with a configuration and a source of endpoints. */
    static GatewayFixture searching(Path file, dev.sluice.core.discovery.EndpointSource source) {
        Loaded loaded = read(file, Overrides.NONE);
        return new GatewayFixture(Gateway.start(
                loaded.config().orElseThrow(),
                loaded.catalog(),
                new Gateway.Sources(Gateway.Sources.NONE.events(), () -> source)));
    }

    private static Loaded read(Path file, Overrides overrides) {
        Loaded loaded = new ConfigLoader().load(file, Catalog.onClassPath(), overrides);
        if (!loaded.errors().isEmpty()) {
            throw new IllegalStateException(loaded.errors().toString());
        }
        return loaded;
    }

    /** Waits until so many endpoints are in service. */
    void awaitServing(int count) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (serving() < count) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("only " + serving() + " endpoints in service");
            }
            java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
        }
    }

    private long serving() {
        return gateway.runtime().settings.table().pools().stream()
                .flatMap(p -> p.pool().report().stream())
                .filter(r -> r.status() == dev.sluice.core.EndpointStatus.READY
                        || r.status() == dev.sluice.core.EndpointStatus.SLOW_START)
                .count();
    }

    /** Waits until nothing is charged to any endpoint. */
    void awaitIdle() {
        awaitInFlight(0);
    }

    /** Waits until no more than so many claims are open. */
    void awaitInFlight(int most) {
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (inFlight() > most) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(inFlight() + " requests are still charged");
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    private LivePool pool() {
        return gateway.runtime().settings.table().pools().getFirst().pool();
    }

    private static void until(java.util.function.BooleanSupplier done, String what) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!done.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("not in time: " + what);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    /** Waits until a pair of engines is not to be used. */
    void awaitLinkFailed(String prefill, String decode) {
        until(
                () -> {
                    dev.sluice.core.Snapshot s = pool().snapshot();
                    return Double.isInfinite(s.transferMs(row(s, prefill), row(s, decode), 1));
                },
                "a pair that failed");
    }

    private static int row(dev.sluice.core.Snapshot s, String id) {
        int row = 0;
        while (!s.endpoint(row).id().equals(id)) {
            row++;
        }
        return row;
    }

    /** Waits until something is remembered of a prefill engine. */
    void awaitKnown(String prefill) {
        until(() -> pool().handovers().orElseThrow().known(prefill).isPresent(), "what is known of " + prefill);
    }

    int inFlight() {
        return gateway.runtime().settings.table().pools().stream()
                .mapToInt(p -> p.pool().inFlight())
                .sum();
    }

    HttpResponse<String> post(String path, String body, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path))
                .timeout(Duration.ofSeconds(30))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> admin(String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + gateway.adminPort() + path);
        return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + gateway.port() + path);
    }

    /** Sends bytes on a connection of its own and returns it. */
    Socket raw(String bytes) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
        return socket;
    }

    /** A chat request as bytes. */
    static String chatBytes(String body) {
        return "POST " + CHAT + " HTTP/1.1\r\nHost: x\r\ncontent-type: application/json\r\ncontent-length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body;
    }

    static String chat(boolean stream) {
        return "{\"model\":\"base\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"stream\":" + stream
                + "}";
    }

    /** Drains until new requests are refused; done when the last stream has ended. */
    CompletableFuture<Void> drains() {
        CompletableFuture<Void> ended = CompletableFuture.runAsync(() -> {
            try {
                gateway.drainAndClose();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        TenantFixture.until(() -> gateway.runtime().closed);
        return ended;
    }

    /** Everything until the other side closes. */
    static String readAll(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            in.transferTo(bytes);
        } catch (java.net.SocketException reset) {
            // what came before counts
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** Reads until the text appears. */
    static String readUntil(InputStream in, String text) throws IOException {
        StringBuilder seen = new StringBuilder();
        while (seen.indexOf(text) < 0) {
            int c = in.read();
            if (c < 0) {
                throw new IOException("ended before " + text + ": " + seen);
            }
            seen.append((char) c);
        }
        return seen.toString();
    }

    @Override
    public void close() {
        gateway.close();
        http.close();
    }
}
