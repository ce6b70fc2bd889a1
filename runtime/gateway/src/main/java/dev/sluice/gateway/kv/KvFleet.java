package dev.sluice.gateway.kv;

import dev.sluice.core.kv.KvEngine;
import dev.sluice.core.kv.KvEventSource;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * All engines of a gateway that publish KV events, and the precise indexes of their pools. Costs nothing until the first such
 * engine is listed: the reader and the writer's thread begin then.
 */
public final class KvFleet implements AutoCloseable {
    private final Supplier<KvEventSource> sources;
    private final KvSettings settings;
    private final KvCounts counts;
    private final KvWriter writer = new KvWriter();
    private final Map<String, KvPool> pools = new ConcurrentHashMap<>();
    private final SecureRandom secrets = new SecureRandom();
    private Optional<KvEventSource> source = Optional.empty();
    private Map<String, KvSnapshot.Lane> kept = Map.of();
    private long keptSecret;
    private volatile long snapshotAt;

    /** @param sources makes the reader of events, when it is needed */
    public KvFleet(Supplier<KvEventSource> sources, KvSettings settings, KvCounts counts) {
        this.sources = sources;
        this.settings = settings;
        this.counts = counts;
    }

    /** The precise index of a pool; empty when none of its engines publishes events. */
    public Optional<KvPool> pool(String name) {
        return Optional.ofNullable(pools.get(name));
    }

    /**
     * Reads exactly these engines from now on. What stays the same goes on undisturbed; of what is gone nothing is kept.
     *
     * @param wanted by pool; engines whose addresses can't be used are left out and logged
     */
    public synchronized void apply(Map<String, List<KvEndpoint>> wanted) {
        if (source.isEmpty() && wanted.values().stream().allMatch(List::isEmpty)) {
            return;
        }
        KvEventSource events = source.orElseGet(this::begin);
        wanted.forEach((name, endpoints) -> {
            if (!endpoints.isEmpty() || pools.containsKey(name)) {
                KvPool pool = pools.computeIfAbsent(name, n -> new KvPool(n, keptSecret, settings.blocks()));
                apply(pool, endpoints, events);
            }
        });
        for (KvPool pool : List.copyOf(pools.values())) {
            if (!wanted.containsKey(pool.name())) {
                apply(pool, List.of(), events);
                pools.remove(pool.name());
            }
        }
        List<KvFeed> all = new ArrayList<>();
        pools.values().forEach(pool -> pool.feeds().values().forEach(all::addAll));
        writer.feeds(all);
        kept = Map.of();
    }

    private KvEventSource begin() {
        KvEventSource events = sources.get();
        source = Optional.of(events);
        writer.start();
        KvSnapshot.Image image = settings.snapshot().flatMap(KvSnapshot::read).orElse(KvSnapshot.Image.NONE);
        kept = image.lanes();
        keptSecret = kept.isEmpty() ? secrets.nextLong() : image.secret();
        snapshotAt = System.nanoTime();
        return events;
    }

    private void apply(KvPool pool, List<KvEndpoint> wanted, KvEventSource events) {
        Map<String, List<KvFeed>> before = pool.feeds();
        Map<String, List<KvFeed>> next = new LinkedHashMap<>();
        List<KvFeed> fresh = new ArrayList<>();
        for (KvEndpoint endpoint : wanted) {
            List<KvFeed> there = before.get(endpoint.endpoint());
            if (there != null && there.getFirst().endpoint.equals(endpoint)) {
                next.put(endpoint.endpoint(), there);
            } else {
                List<KvFeed> ranks = new ArrayList<>();
                for (int rank = 0; rank < endpoint.ranks(); rank++) {
                    ranks.add(feed(pool, endpoint, rank));
                }
                next.put(endpoint.endpoint(), List.copyOf(ranks));
                fresh.addAll(ranks);
            }
        }
        pool.feeds(Map.copyOf(next));
        before.values().stream()
                .flatMap(List::stream)
                .filter(feed ->
                        !next.getOrDefault(feed.endpoint.endpoint(), List.of()).contains(feed))
                .forEach(feed -> end(pool, feed));
        fresh.forEach(feed -> open(pool, feed, events));
    }

    private KvFeed feed(KvPool pool, KvEndpoint endpoint, int rank) {
        return new KvFeed(
                endpoint,
                rank,
                pool.name(),
                pool.index(),
                counts,
                () -> pool.cleared(endpoint.endpoint()),
                writer::wake);
    }

    private void end(KvPool pool, KvFeed feed) {
        feed.close();
        writer.order(() -> {
            int lane = feed.lane;
            feed.lane = -1;
            feed.end();
            if (lane >= 0) {
                pool.index().close(lane);
            }
        });
    }

    private void open(KvPool pool, KvFeed feed, KvEventSource events) {
        Optional<KvSnapshot.Lane> image = Optional.ofNullable(kept.get(KvSnapshot.key(feed)));
        int most = (int) Math.min(Integer.MAX_VALUE, settings.blocks());
        writer.order(() -> {
            if (feed.closed()) {
                return;
            }
            feed.lane = pool.index().open(most);
            Optional<KvEngine.Position> known = image.flatMap(lane -> KvSnapshot.restore(lane, pool.index(), feed));
            feed.subscribed(events.subscribe(
                    new KvEngine(feed.name(), feed.endpoint.events(feed.rank), feed.endpoint.replay(feed.rank), known),
                    feed));
        });
    }

    /** Housekeeping, some times a second: writes a snapshot when it is time. */
    public void tick() {
        if (settings.snapshot().isPresent()
                && !pools.isEmpty()
                && System.nanoTime() - snapshotAt > settings.every().toNanos()) {
            snapshotAt = System.nanoTime();
            snapshot();
        }
    }

    private void snapshot() {
        settings.snapshot()
                .ifPresent(file -> writer.order(() -> KvSnapshot.write(file, keptSecret, List.copyOf(pools.values()))));
    }

    /** Writes a last snapshot and ends. */
    @Override
    public synchronized void close() {
        if (source.isPresent()) {
            source.get().close();
            snapshot();
            writer.close();
            source = Optional.empty();
        }
    }
}
