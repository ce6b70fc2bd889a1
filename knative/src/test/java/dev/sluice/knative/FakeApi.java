package dev.sluice.knative;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An API server that lists and watches over real connections, and does what a real one only does on a bad day. Selectors are
 * not looked at; everything is allowed that was not denied.
 */
final class FakeApi implements AutoCloseable {
    static final String SLICES = "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices";
    static final String REVISIONS = "/apis/serving.knative.dev/v1/namespaces/ns/revisions";
    static final String SERVICES = "/apis/serving.knative.dev/v1/namespaces/ns/services";
    static final String PODS = "/api/v1/namespaces/ns/pods";
    static final String POOLS = "/apis/inference.networking.k8s.io/v1/namespaces/ns/inferencepools";

    static final String OBJECTIVES = "/apis/llm-d.ai/v1alpha2/namespaces/ns/inferenceobjectives";
    static final String REWRITES = "/apis/llm-d.ai/v1alpha2/namespaces/ns/inferencemodelrewrites";
    static final String OLD_OBJECTIVES =
            "/apis/inference.networking.x-k8s.io/v1alpha2/namespaces/ns/inferenceobjectives";

    private static final String FORBIDDEN =
            "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":403,"
                    + "\"reason\":\"Forbidden\",\"message\":\"forbidden\"}";

    private final Map<String, Map<String, HasMetadata>> stores = new ConcurrentHashMap<>();
    private final List<Watcher> watchers = new CopyOnWriteArrayList<>();
    private volatile boolean held;
    private final Set<String> denied = ConcurrentHashMap.newKeySet();
    private final List<String> forPods = new CopyOnWriteArrayList<>();
    private final Set<String> unknown = ConcurrentHashMap.newKeySet();
    private final int port;
    private HttpServer server;
    private long version = 10;
    private volatile boolean lying;

    private record Watcher(String path, OutputStream out, HttpExchange exchange) {}

    FakeApi() throws IOException {
        server = listen(0);
        port = server.getAddress().getPort();
    }

    Config config() {
        return new ConfigBuilder()
                .withAutoConfigure(false)
                .withMasterUrl("http://127.0.0.1:" + port)
                .build();
    }

    private HttpServer listen(int at) throws IOException {
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 50);
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext("/", this::handle);
        http.start();
        return http;
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String query = String.valueOf(exchange.getRequestURI().getRawQuery());
        if (path.endsWith("selfsubjectaccessreviews")) {
            String asked = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean no = denied.stream().anyMatch(d -> asked.contains('"' + d.substring(d.lastIndexOf('/') + 1) + '"'));
            answer(
                    exchange,
                    201,
                    "{\"kind\":\"SelfSubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\","
                            + "\"spec\":{},\"status\":{\"allowed\":" + !no + "}}");
        } else if (unknown.stream().anyMatch(path::startsWith)) {
            answer(exchange, 404, "404 page not found");
        } else if (denied.contains(path)) {
            answer(exchange, 403, FORBIDDEN);
        } else if (exchange.getRequestMethod().equals("PATCH")) {
            patch(exchange, path);
        } else if (store(path.substring(0, path.lastIndexOf('/')))
                .containsKey(path.substring(path.lastIndexOf('/') + 1))) {
            answer(exchange, 403, FORBIDDEN); // no Role of ours has get
        } else if (held && query.contains("watch=true")) {
            return; // it is never answered
        } else if (exchange.getRequestHeaders().containsKey("Sec-WebSocket-Key")) {
            answer(exchange, 503, "no web sockets here");
        } else if (query.contains("watch=true")) {
            exchange.sendResponseHeaders(200, 0);
            OutputStream out = exchange.getResponseBody();
            out.flush();
            begin(new Watcher(path, out, exchange), query);
        } else {
            answer(exchange, 200, list(path));
        }
    }

    /** Patched annotations that Knative would have written into the template of the pods. */
    List<String> notesForPods() {
        return List.copyOf(forPods);
    }

    /** A merge patch of annotations. */
    private void patch(HttpExchange exchange, String path) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        int slash = path.lastIndexOf('/');
        String kind = path.substring(0, slash);
        HasMetadata object = store(kind).get(path.substring(slash + 1));
        if (denied.contains(kind + "/patch")) {
            answer(exchange, 403, FORBIDDEN);
        } else if (!exchange.getRequestHeaders().getFirst("Content-Type").startsWith("application/merge-patch+json")) {
            answer(exchange, 415, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":415}");
        } else if (object == null) {
            answer(exchange, 404, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":404}");
        } else {
            HasMetadata next = Serialization.clone(object);
            Map<String, String> notes = next.getMetadata().getAnnotations() == null
                    ? new TreeMap<>()
                    : new TreeMap<>(next.getMetadata().getAnnotations());
            Matcher each =
                    Pattern.compile("\"([^\"{}]+/[^\"]+)\":(null|\"([^\"]*)\")").matcher(body);
            while (each.find()) {
                if (!each.group(1).startsWith("autoscaling.knative.dev")) {
                    forPods.add(each.group(1));
                }
                if (each.group(2).equals("null")) {
                    notes.remove(each.group(1));
                } else {
                    notes.put(each.group(1), each.group(3));
                }
            }
            next.getMetadata().setAnnotations(notes);
            put(kind, next);
            answer(exchange, 200, Serialization.asJson(next));
        }
    }

    /** What has changed since the version that the watch begins with is told first. */
    private synchronized void begin(Watcher watcher, String query) throws IOException {
        Matcher since = Pattern.compile("resourceVersion=([0-9]+)").matcher(query);
        long from = since.find() ? Long.parseLong(since.group(1)) : 0;
        for (HasMetadata object : store(watcher.path()).values()) {
            if (Long.parseLong(object.getMetadata().getResourceVersion()) > from) {
                watcher.out()
                        .write(("{\"type\":\"MODIFIED\",\"object\":" + Serialization.asJson(object) + "}\n")
                                .getBytes(StandardCharsets.UTF_8));
            }
        }
        watcher.out().flush();
        watchers.add(watcher);
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private synchronized String list(String path) {
        StringBuilder items = new StringBuilder();
        if (!lying) {
            store(path)
                    .values()
                    .forEach(o -> items.append(items.isEmpty() ? "" : ",").append(Serialization.asJson(o)));
        }
        return "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"" + version
                + "\"},\"items\":[" + items + "]}";
    }

    private Map<String, HasMetadata> store(String path) {
        return stores.computeIfAbsent(path, p -> new ConcurrentSkipListMap<>());
    }

    /** An object is made, or is other than before. */
    synchronized void put(String path, HasMetadata object) {
        object.getMetadata().setNamespace("ns");
        object.getMetadata().setResourceVersion(Long.toString(++version));
        if (object.getMetadata().getUid() == null) {
            object.getMetadata().setUid("uid-" + object.getMetadata().getName());
        }
        boolean there = store(path).put(object.getMetadata().getName(), object) != null;
        tell(path, there ? "MODIFIED" : "ADDED", object);
    }

    synchronized void remove(String path, String name) {
        HasMetadata object = store(path).remove(name);
        if (object != null) {
            object.getMetadata().setResourceVersion(Long.toString(++version));
            tell(path, "DELETED", object);
        }
    }

    /** Says the same again to everybody who watches. */
    synchronized void repeat(String path) {
        store(path).values().forEach(o -> tell(path, "ADDED", o));
    }

    private void tell(String path, String type, HasMetadata object) {
        send(path, "{\"type\":\"" + type + "\",\"object\":" + Serialization.asJson(object) + "}\n");
    }

    private void send(String path, String line) {
        watchers.removeIf(watcher -> watcher.path().equals(path) && !written(watcher, line));
    }

    private static boolean written(Watcher watcher, String line) {
        try {
            watcher.out().write(line.getBytes(StandardCharsets.UTF_8));
            watcher.out().flush();
            return true;
        } catch (IOException gone) {
            return false;
        }
    }

    /** The history that watches are at has been dropped. */
    synchronized void expire(String path) {
        send(
                path,
                "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\","
                        + "\"code\":410,\"reason\":\"Expired\",\"message\":\"too old resource version\"}}\n");
        endWatches(path);
    }

    private void endWatches(String path) {
        watchers.removeIf(watcher -> {
            boolean ends = watcher.path().startsWith(path);
            if (ends) {
                watcher.exchange().close();
            }
            return ends;
        });
    }

    /** From now on who wants to watch gets no answer. */
    void holdWatches() {
        held = true;
    }

    /** Lists say that there is nothing. */
    void lie(boolean lies) {
        lying = lies;
    }

    void deny(String path) {
        denied.add(path);
        endWatches(path);
    }

    /** There is no such group. */
    void unknown(String prefix) {
        unknown.add(prefix);
    }

    void allow(String path) {
        denied.remove(path);
    }

    void down() {
        endWatches("/");
        server.stop(0);
    }

    void up() throws IOException {
        server = listen(port);
    }

    /** Waits until somebody watches this. */
    void awaitWatch(String path) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (watchers.stream().noneMatch(w -> w.path().equals(path))) {
            if (System.nanoTime() > end) {
                throw new AssertionError("nobody watches " + path);
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    @Override
    public void close() {
        down();
    }
}
