package dev.sluice.app;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.sluice.core.discovery.Wanted;
import dev.sluice.knative.KubernetesSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A search in Kubernetes for the training: an API server that has one revision, one slice and one pod, over TLS, and what a gateway
 * does at its start when it searches there. Most of such a start is the client's classes, which a cache can hold.
 */
final class TrainDiscovery {
    private static final String META =
            "\"metadata\":{\"name\":\"chat-00001\",\"namespace\":\"models\",\"uid\":\"u\",\"resourceVersion\":\"1\",";
    private static final String LABELS =
            "\"labels\":{\"app\":\"chat\",\"llm-d.ai/role\":\"both\",\"serving.knative.dev/service\":\"chat\","
                    + "\"serving.knative.dev/revision\":\"chat-00001\",\"kubernetes.io/service-name\":\"chat-00001-private\","
                    + "\"networking.internal.knative.dev/serviceType\":\"Private\"}},";
    private static final String CONTAINERS =
            "\"containers\":[{\"name\":\"engine\",\"image\":\"vllm\",\"args\":[\"--block-size\",\"16\"],"
                    + "\"ports\":[{\"name\":\"http1\",\"containerPort\":8080}],\"resources\":{\"limits\":{\"memory\":\"1Gi\"}},"
                    + "\"readinessProbe\":{\"httpGet\":{\"path\":\"/health\",\"port\":8080}}}]";
    private static final Map<String, String> ITEMS = Map.of(
            "endpointslices",
            "{" + META + LABELS
                    + "\"addressType\":\"IPv4\",\"endpoints\":[{\"addresses\":[\"10.0.0.1\"],\"nodeName\":\"n\","
                    + "\"conditions\":{\"ready\":true,\"serving\":true,\"terminating\":false},"
                    + "\"targetRef\":{\"kind\":\"Pod\",\"name\":\"p\"}}],\"ports\":[{\"name\":\"http\",\"port\":8012}]}",
            "revisions",
            "{" + META + LABELS + "\"spec\":{\"containerConcurrency\":0,\"timeoutSeconds\":600," + CONTAINERS + "},"
                    + "\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}",
            "services",
            "{" + META + LABELS
                    + "\"spec\":{},\"status\":{\"traffic\":[{\"revisionName\":\"chat-00001\",\"percent\":100}]}}",
            "pods",
            "{" + META + LABELS + "\"spec\":{" + CONTAINERS
                    + "},\"status\":{\"phase\":\"Running\",\"podIP\":\"10.0.0.1\","
                    + "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
    private static final String REVIEW =
            "{\"kind\":\"SelfSubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\","
                    + "\"spec\":{},\"status\":{\"allowed\":true}}";

    /** What a search asks for that finds a revision and no pod of it. */
    private static final String ASLEEP = "asleep";

    private static final System.Logger LOG = System.getLogger("dev.sluice.train");

    private TrainDiscovery() {}

    /** Searches as a gateway does; true when something was found. */
    static boolean search() throws IOException {
        KeyStore keys = SelfSigned.keys();
        HttpsServer api = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        Path kubeconfig = Files.createTempFile("sluice-train", ".yaml");
        try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
            api.setHttpsConfigurator(new HttpsConfigurator(SelfSigned.context(keys)));
            api.setExecutor(each);
            api.createContext("/", TrainDiscovery::answer);
            api.start();
            Files.writeString(kubeconfig, """
                    apiVersion: v1
                    kind: Config
                    clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", certificate-authority-data: %s}}]
                    users: [{name: u, user: {token: training}}]
                    contexts: [{name: x, context: {cluster: c, user: u}}]
                    current-context: x
                    """.formatted(
                            api.getAddress().getPort(),
                            java.util.Base64.getEncoder()
                                    .encodeToString(SelfSigned.certificate(keys).getBytes(StandardCharsets.UTF_8))));
            System.setProperty("kubeconfig", kubeconfig.toString());
            return found(new Wanted.Knative("models", "app=chat"))
                    && found(new Wanted.Pods("models", "app=chat", 8080))
                    && served(api.getAddress().getPort(), SelfSigned.certificate(keys));
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        } finally {
            api.stop(0);
            System.clearProperty("kubeconfig");
            Files.deleteIfExists(kubeconfig);
        }
    }

    private static boolean found(Wanted wanted) {
        try (KubernetesSource source = new KubernetesSource()) {
            CompletableFuture<Boolean> seen = new CompletableFuture<>();
            try (var _ = source.watch(wanted, picture -> {
                if (picture.seen() && !picture.found().isEmpty()) {
                    seen.complete(true);
                }
            })) {
                return source.missing(wanted).isEmpty()
                        && seen.completeOnTimeout(false, 30, TimeUnit.SECONDS).join();
            }
        }
    }

    /** What a pod does from its first instruction to its first yes: its service account's files, a pool that sleeps, a kubelet that asks. */
    private static boolean served(int apiPort, String certificate) throws IOException {
        Path directory = Files.createTempDirectory("sluice-train");
        Path token = Files.writeString(directory.resolve("token"), "training");
        Path ca = Files.writeString(directory.resolve("ca.crt"), certificate);
        Path config = Files.writeString(directory.resolve("gateway.yaml"), """
                server: {host: 127.0.0.1, admin: {port: 0}}
                pools:
                  - {name: chat, models: [chat], discovery: {knative: {namespace: models, selector: "app=%s"}}}
                """.formatted(ASLEEP));
        Map<String, String> pod = Map.of(
                "kubernetes.auth.tryKubeConfig", "false",
                "KUBERNETES_SERVICE_HOST", "127.0.0.1",
                "KUBERNETES_SERVICE_PORT", Integer.toString(apiPort),
                "kubernetes.auth.serviceAccount.token", token.toString(),
                "kubernetes.certs.ca.file", ca.toString());
        pod.forEach(System::setProperty);
        try (PrintWriter nowhere = new PrintWriter(Writer.nullWriter())) {
            return ServeCommand.rehearse(config, nowhere, gateway -> ready(gateway.port()));
        } finally {
            pod.keySet().forEach(System::clearProperty);
            for (Path each : List.of(config, ca, token, directory)) {
                Files.delete(each);
            }
        }
    }

    /** Asks as a kubelet does, each time anew. */
    private static boolean ready(int port) {
        URI readyz = URI.create("http://127.0.0.1:" + port + "/readyz");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        try {
            while (System.nanoTime() < end) {
                HttpURLConnection asked = (HttpURLConnection) readyz.toURL().openConnection();
                int status = asked.getResponseCode();
                asked.disconnect();
                if (status == 200) {
                    return true;
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
        } catch (IOException lost) {
            LOG.log(System.Logger.Level.WARNING, "the gateway that was tried does not answer", lost);
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    private static void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String query = String.valueOf(exchange.getRequestURI().getQuery());
        if (exchange.getRequestHeaders().containsKey("Sec-WebSocket-Key")) {
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
        } else if (query.contains("watch=true")) {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().flush(); // nothing changes any more
        } else {
            String plural = path.substring(path.lastIndexOf('/') + 1);
            boolean none = query.contains(ASLEEP) && !plural.equals("revisions");
            String body = plural.equals("selfsubjectaccessreviews")
                    ? REVIEW
                    : "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":["
                            + (none ? "" : ITEMS.getOrDefault(plural, "")) + "]}";
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(plural.equals("selfsubjectaccessreviews") ? 201 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        }
    }
}
