package dev.sluice.gateway;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Pools that a reload has taken out of the configuration. Requests finish on the configuration they started with: those that
 * still wait there are served or run into their deadline, and the connections are closed when the last has ended.
 */
final class LeavingPools implements AutoCloseable {
    /** A body may still be on its way to a pool that looks idle. */
    private static final long PATIENCE = Duration.ofMinutes(1).toNanos();

    private final List<Leaving> pools = new CopyOnWriteArrayList<>();

    private record Leaving(LivePool pool, long since) {}

    void add(LivePool pool) {
        pools.add(new Leaving(pool, System.nanoTime()));
    }

    /** Housekeeping, some times a second. */
    void tick() {
        pools.removeIf(LeavingPools::over);
    }

    private static boolean over(Leaving leaving) {
        LivePool pool = leaving.pool();
        pool.tick();
        boolean idle = pool.inFlight() == 0 && pool.queued() == 0;
        boolean over = idle && System.nanoTime() - leaving.since() > PATIENCE;
        if (over) {
            pool.upstreams().close();
        }
        return over;
    }

    @Override
    public void close() {
        pools.forEach(leaving -> leaving.pool().upstreams().close());
    }
}
