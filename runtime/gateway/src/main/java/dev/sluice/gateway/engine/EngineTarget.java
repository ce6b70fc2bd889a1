package dev.sluice.gateway.engine;

import java.net.URI;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;

/**
 * An engine to watch.
 *
 * @param id the endpoint's id, unique among all targets
 * @param base scheme, host and port, such as {@code http://10.0.0.7:8000}; a path is kept as a prefix
 * @param metrics the engine's metrics page
 * @param bearer the engine's own key, sent as {@code Authorization: Bearer}
 * @param expectedModels the engine must serve at least one of these; empty: any model will do
 * @param tls what an https engine's certificate is judged by; empty: by what the JDK trusts
 */
public record EngineTarget(
        String id,
        URI base,
        URI metrics,
        Optional<String> bearer,
        Set<String> expectedModels,
        Optional<SSLContext> tls) {
    /**
     * Copies the models.
     *
     * @throws IllegalArgumentException when the base is not http or https with a host
     */
    public EngineTarget {
        expectedModels = Set.copyOf(expectedModels);
        checked(base);
        checked(metrics);
    }

    private static void checked(URI uri) {
        String scheme = uri.getScheme();
        if (uri.getHost() == null || !("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))) {
            throw new IllegalArgumentException("not an http address: " + uri);
        }
    }

    /** An engine with the usual metrics page, whose certificate, if it has one, is judged by what the JDK trusts. */
    public EngineTarget(String id, URI base, Optional<String> bearer, Set<String> expectedModels) {
        this(id, base, below(base, "/metrics"), bearer, expectedModels, Optional.empty());
    }

    private static URI below(URI base, String path) {
        String own = base.toString();
        return URI.create((own.endsWith("/") ? own.substring(0, own.length() - 1) : own) + path);
    }

    /** The same with another place of the metrics page. */
    public EngineTarget withMetrics(URI page) {
        return new EngineTarget(id, base, page, bearer, expectedModels, tls);
    }

    /** Hides the key. */
    @Override
    public String toString() {
        return "EngineTarget[" + id + ", " + base + ", " + expectedModels + "]";
    }
}
