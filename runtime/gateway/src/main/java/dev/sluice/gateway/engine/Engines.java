package dev.sluice.gateway.engine;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Watches engines: probes whether they serve what is expected and reads their metrics, each at its own pace. */
public final class Engines implements AutoCloseable {
    /** Idle engines up to which all are read as often as the settings say; more share the same readings. */
    private static final int FEW = 100;
    /** How many times as seldom, at most. */
    private static final int SELDOM = 4;

    private final EngineSettings settings;
    private final EngineEvents events;
    private final Function<EngineTarget, Ground> grounds;
    private final ConcurrentHashMap<String, Watch> watches = new ConcurrentHashMap<>();
    private volatile int crowd = 1;
    private boolean closed;

    /** Nothing is watched until {@link #setTargets}. */
    public Engines(EngineSettings settings, EngineEvents events) {
        this(settings, events, target -> Ground.JDK);
    }

    /**
     * Nothing is watched until {@link #setTargets}.
     *
     * @param grounds where each engine's metrics page is read
     */
    public Engines(EngineSettings settings, EngineEvents events, Function<EngineTarget, Ground> grounds) {
        this.settings = settings;
        this.events = events;
        this.grounds = grounds;
    }

    /**
     * Watches exactly these; those that stay the same go on undisturbed, new ones are probed at once. News of a target
     * that was removed may still arrive when it was under way.
     *
     * @throws IllegalArgumentException when two have the same id
     */
    public synchronized void setTargets(Collection<EngineTarget> targets) {
        if (closed) {
            return;
        }
        Map<String, EngineTarget> wanted = HashMap.newHashMap(targets.size());
        for (EngineTarget target : targets) {
            if (wanted.put(target.id(), target) != null) {
                throw new IllegalArgumentException("two endpoints are called " + target.id());
            }
        }
        watches.values().removeIf(watch -> {
            boolean gone = !watch.target().equals(wanted.get(watch.target().id()));
            if (gone) {
                watch.close();
            }
            return gone;
        });
        crowd = Math.clamp(targets.size() / FEW, 1, SELDOM);
        for (EngineTarget target : targets) {
            if (!watches.containsKey(target.id())) {
                Watch watch = new Watch(target, settings, events, grounds.apply(target), () -> crowd);
                watches.put(target.id(), watch);
                watch.start();
            }
        }
    }

    /** Says that a request goes to this endpoint: its metrics are read more often for a while. Cheap; unknown ids do nothing. */
    public void traffic(String id) {
        @Nullable Watch watch = watches.get(id);
        if (watch != null) {
            watch.traffic();
        }
    }

    /** Probes now; does nothing when a probe of that endpoint is under way or the id is unknown. */
    public void probeNow(String id) {
        @Nullable Watch watch = watches.get(id);
        if (watch != null) {
            watch.probeNow();
        }
    }

    /** Stops watching and closes all connections. */
    @Override
    public synchronized void close() {
        closed = true;
        watches.values().forEach(Watch::close);
        watches.clear();
    }
}
