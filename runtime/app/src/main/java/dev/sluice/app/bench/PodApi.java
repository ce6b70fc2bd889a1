package dev.sluice.app.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;

/**
 * As much of a Kubernetes API server as a search for pods needs: one list, and watches of it. Pods are as large as those of a
 * model server, with what the kubelet and controllers write into them.
 */
final class PodApi implements AutoCloseable {
    private static final String PODS = "/api/v1/namespaces/models/pods";
    private static final String FIELDS = fields();

    private final HttpServer server;
    private final Map<String, String> pods = new TreeMap<>();
    private final List<OutputStream> watches = new ArrayList<>();
    private long version = 1;

    private PodApi(HttpServer server) {
        this.server = server;
    }

    static PodApi start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        PodApi api = new PodApi(server);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", api::handle);
        server.start();
        return api;
    }

    /** A kubeconfig that leads here. */
    String kubeconfig() {
        return """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
                users: [{name: u, user: {token: bench}}]
                contexts: [{name: x, context: {cluster: c, user: u, namespace: models}}]
                current-context: x
                """.formatted(server.getAddress().getPort());
    }

    /** A pod is made, or is other than before. */
    synchronized void put(String name, String address, boolean ready, int note) throws IOException {
        boolean there = pods.containsKey(name);
        String pod = pod(name, address, ready, note, ++version);
        pods.put(name, pod);
        tell(there ? "MODIFIED" : "ADDED", pod);
    }

    synchronized void remove(String name) throws IOException {
        String pod = pods.remove(name);
        if (pod != null) {
            tell(
                    "DELETED",
                    pod.replaceFirst("\"resourceVersion\":\"\\d+\"", "\"resourceVersion\":\"" + ++version + "\""));
        }
    }

    private void tell(String type, String pod) throws IOException {
        byte[] line = ("{\"type\":\"" + type + "\",\"object\":" + pod + "}\n").getBytes(StandardCharsets.UTF_8);
        for (OutputStream watch : watches) {
            watch.write(line);
            watch.flush();
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String query = String.valueOf(exchange.getRequestURI().getRawQuery());
        if (path.endsWith("selfsubjectaccessreviews")) {
            answer(
                    exchange,
                    201,
                    "{\"kind\":\"SelfSubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\",\"spec\":{},"
                            + "\"status\":{\"allowed\":true}}");
        } else if (!path.equals(PODS)) {
            answer(exchange, 404, "404 page not found");
        } else if (exchange.getRequestHeaders().containsKey("Sec-WebSocket-Key")) {
            answer(exchange, 503, "no web sockets here");
        } else if (query.contains("watch=true")) {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().flush();
            synchronized (this) {
                watches.add(exchange.getResponseBody());
            }
        } else {
            String list;
            synchronized (this) {
                list = "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"" + version
                        + "\"},\"items\":[" + String.join(",", pods.values()) + "]}";
            }
            answer(exchange, 200, list);
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /** What server-side apply keeps of who wrote what: half of a real pod. */
    private static String fields() {
        StringBuilder names = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            names.append(i == 0 ? "" : ",")
                    .append("\"f:some-field-of-a-pod-")
                    .append(i)
                    .append("\":{}");
        }
        return "\"managedFields\":[{\"manager\":\"kubelet\",\"operation\":\"Update\",\"apiVersion\":\"v1\","
                + "\"time\":\"2026-11-01T00:00:00Z\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:status\":{" + names
                + "}}}]";
    }

    private static String pod(String name, String address, boolean ready, int note, long version) {
        String state = ready ? "True" : "False";
        return """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%1$s","namespace":"models","uid":"u-%1$s","resourceVersion":"%5$d",\
                "creationTimestamp":"2026-11-01T00:00:00Z","labels":{"app":"many","llm-d.ai/role":"both","pod-template-hash":"6c7d8f9b5",\
                "topology.kubernetes.io/zone":"zone-a"},"annotations":{"bench.sluice.dev/note":"%4$d","prometheus.io/scrape":"true"},%6$s},\
                "spec":{"nodeName":"node-1","serviceAccountName":"default","restartPolicy":"Always","containers":[{"name":"engine",\
                "image":"vllm/vllm-openai:v0.32.0","args":["--model","%7$s","--block-size","16","--max-model-len","131072"],\
                "ports":[{"name":"http","containerPort":8000,"protocol":"TCP"}],"resources":{"limits":{"nvidia.com/gpu":"1","memory":"64Gi"},\
                "requests":{"cpu":"4","memory":"64Gi","nvidia.com/gpu":"1"}},"readinessProbe":{"httpGet":{"path":"/health","port":8000,\
                "scheme":"HTTP"},"periodSeconds":5,"timeoutSeconds":1,"failureThreshold":3},"volumeMounts":[{"name":"models",\
                "mountPath":"/models"},{"name":"shm","mountPath":"/dev/shm"}]}],"volumes":[{"name":"models","persistentVolumeClaim":\
                {"claimName":"models"}},{"name":"shm","emptyDir":{"medium":"Memory"}}]},"status":{"phase":"Running","podIP":"%2$s",\
                "podIPs":[{"ip":"%2$s"}],"hostIP":"10.0.0.1","startTime":"2026-11-01T00:00:00Z","conditions":[{"type":"PodScheduled",\
                "status":"True","lastTransitionTime":"2026-11-01T00:00:00Z"},{"type":"Initialized","status":"True"},{"type":\
                "ContainersReady","status":"%3$s"},{"type":"Ready","status":"%3$s"}],"containerStatuses":[{"name":"engine","ready":%8$b,\
                "restartCount":0,"image":"vllm/vllm-openai:v0.32.0","imageID":"sha256:0","containerID":"containerd://%1$s","started":true,\
                "state":{"running":{"startedAt":"2026-11-01T00:00:00Z"}}}],"qosClass":"Burstable"}}""".formatted(name, address, state, note, version, FIELDS, Configs.MODEL, ready);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
