package dev.sluice.gateway.engine;

import java.util.Collection;

/** Watches engines: probes whether they serve what is expected and reads their metrics, each at its own pace. */
public class Engines implements AutoCloseable {
    /** Nothing is watched until {@link #setTargets}. */
    public Engines(EngineSettings settings, EngineEvents events) {}

    /**
     * Watches exactly these; those that stay the same go on undisturbed, new ones are probed at once.
     *
     * @throws IllegalArgumentException when two have the same id
     */
    public void setTargets(Collection<EngineTarget> targets) {
        throw new UnsupportedOperationException();
    }

    /** Says that a request goes to this endpoint: its metrics are read more often for a while. Cheap; unknown ids do nothing. */
    public void traffic(String id) {
        throw new UnsupportedOperationException();
    }

    /** Probes now; does nothing when a probe of that endpoint is under way or the id is unknown. */
    public void probeNow(String id) {
        throw new UnsupportedOperationException();
    }

    /** Stops watching and closes all connections. */
    @Override
    public void close() {}
}
