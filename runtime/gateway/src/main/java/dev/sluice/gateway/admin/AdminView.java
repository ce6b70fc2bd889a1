package dev.sluice.gateway.admin;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/** All that the admin port knows of the gateway. Called from any thread, several at once; may block for a short while. */
public interface AdminView {
    /** Pools with their endpoints. */
    List<PoolStatus> endpoints();

    /** The most recent decisions, newest first. */
    List<RecentDecision> decisions(int limit);

    /** Why that exchange went where it went; {@code id} is ours or the client's. */
    Optional<ExplainedDecision> explain(String id);

    /** The same of another replica, as JSON: asked when this one knows no such decision. May wait for half a second. */
    default Optional<byte[]> explainedElsewhere(String id) {
        return Optional.empty();
    }

    /**
     * What would happen to this request now; sends and charges nothing.
     *
     * @param body a request's body
     * @param path the route it would be posted to
     * @param tenant the tenant who would send it
     * @return a record or map to be shown as JSON
     * @throws IllegalArgumentException when the request is no good; its message goes to the caller with a 400
     */
    Object route(byte[] body, String path, String tenant);

    /** The configuration in force, secrets masked, as YAML or JSON text. */
    String config();

    /** What is loaded. */
    List<PluginStatus> plugins();

    /** The tenants. */
    List<TenantStatus> tenants();

    /** All that is in force of one tenant, and where it comes from, to be shown as JSON; empty when there is none of that name. */
    Optional<?> tenant(String name);

    /** Begins to drain: not ready from now on, ends when the streams have ended. Harmless when called again. */
    void drain();

    /** Why no traffic should come now, in words; empty when it should. */
    Optional<String> notReady();

    /** False when only a restart can help. */
    boolean live();

    /** Writes the metrics page in Prometheus' text format. */
    void metrics(OutputStream out) throws IOException;
}
