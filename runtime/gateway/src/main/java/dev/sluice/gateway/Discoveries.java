package dev.sluice.gateway;

import dev.sluice.core.discovery.EndpointSource;
import dev.sluice.core.discovery.Picture;
import dev.sluice.core.discovery.Wanted;
import dev.sluice.gateway.config.Discovery;
import dev.sluice.gateway.config.GatewayConfig;
import dev.sluice.gateway.config.PoolConfig;
import dev.sluice.gateway.metrics.Meters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The searches of those pools that look for their endpoints. What searches is made when there is something to search. */
final class Discoveries implements AutoCloseable {
    private final Supplier<EndpointSource> maker;
    private final Meters meters;
    private final BiConsumer<String, Picture> news;
    private final Map<String, Open> open = new LinkedHashMap<>();
    private @Nullable EndpointSource source;

    private record Open(Wanted wanted, LivePool pool, Waking waking, EndpointSource.Watching watching) {}

    /** @param news told of a pool's picture, from a search's own thread */
    Discoveries(Supplier<EndpointSource> maker, Meters meters, BiConsumer<String, Picture> news) {
        this.maker = maker;
        this.meters = meters;
        this.news = news;
    }

    /** A configuration has come into force. A search that it still wants goes on; the endpoints of others stay until there is news. */
    synchronized void apply(GatewayConfig config, Map<String, LivePool> pools) {
        Map<String, Wanted> wanted = new LinkedHashMap<>();
        config.pools()
                .forEach(pool -> pool.discovery()
                        .flatMap(Discovery::wanted)
                        .ifPresent(search -> wanted.put(pool.name(), search)));
        List<String> names = new ArrayList<>(open.keySet());
        for (String name : names) {
            Open now = open.get(name);
            if (now != null && (!now.wanted().equals(wanted.get(name)) || now.pool() != pools.get(name))) {
                now.pool().waking(Optional.empty());
                now.watching().close();
                open.remove(name);
            }
        }
        for (PoolConfig pool : config.pools()) {
            Wanted search = wanted.get(pool.name());
            LivePool live = pools.get(pool.name());
            if (live != null) {
                prewarm(pool, live);
            }
            if (search == null || live == null) {
                continue;
            }
            Open now = open.get(pool.name());
            if (now == null) {
                now = begin(pool.name(), search, live);
                open.put(pool.name(), now);
            }
            now.waking().patience(pool.timeouts().firstByte());
            now.waking().progress(pool.progress());
        }
    }

    private void prewarm(PoolConfig pool, LivePool live) {
        Optional<Prewarming> now = live.prewarming();
        if (now.isPresent() && pool.prewarm().isPresent()) {
            now.get().config(pool.prewarm().get());
        } else {
            live.prewarming(
                    pool.prewarm().map(its -> new Prewarming(pool.name(), its, this::scale, meters::prewarmChange)));
        }
    }

    private Optional<String> scale(Picture.Revision revision, int least, long until) {
        EndpointSource searches;
        synchronized (this) {
            searches = source;
        }
        return searches == null ? Optional.of("nothing is searched") : searches.scale(revision, least, until);
    }

    private Open begin(String name, Wanted search, LivePool pool) {
        EndpointSource searches = source == null ? maker.get() : source;
        source = searches;
        Waking waking = new Waking(searches::ring, meters::wakeup);
        pool.waking(Optional.of(waking));
        return new Open(search, pool, waking, searches.watch(search, picture -> {
            waking.picture(picture);
            if (picture.seen()) {
                news.accept(name, picture);
            }
        }));
    }

    @Override
    public synchronized void close() {
        open.values().forEach(o -> {
            o.waking().close();
            o.watching().close();
        });
        open.clear();
        if (source != null) {
            source.close();
        }
    }
}
