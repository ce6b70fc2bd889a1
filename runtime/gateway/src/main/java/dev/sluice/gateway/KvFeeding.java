package dev.sluice.gateway;

import dev.sluice.core.kv.KvEventSource;
import dev.sluice.gateway.config.KvIndexConfig;
import dev.sluice.gateway.kv.KeyFinder;
import dev.sluice.gateway.kv.KvEndpoint;
import dev.sluice.gateway.kv.KvFleet;
import dev.sluice.gateway.kv.KvSettings;
import dev.sluice.gateway.metrics.Meters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Keeps what engines tell and what pools know of it together, through reloads. */
final class KvFeeding implements AutoCloseable {
    /** Keys of prompts that are remembered for each pool: 16 MiB. */
    private static final long KEYS = 2L << 20;

    private final KvIndexConfig config;
    private final Meters meters;
    private final KvFleet fleet;
    private final Map<String, KeyFinder> tokens = new LinkedHashMap<>();

    KvFeeding(KvIndexConfig config, Supplier<KvEventSource> events, Meters meters) {
        this.config = config;
        this.meters = meters;
        KvSettings base = KvSettings.DEFAULT;
        this.fleet = new KvFleet(
                events,
                new KvSettings(
                        config.blocks().isPresent() ? config.blocks().getAsInt() : base.blocks(),
                        config.snapshot(),
                        config.every()),
                meters.kvCounts());
    }

    /** What it was begun with. */
    KvIndexConfig settings() {
        return config;
    }

    /** A configuration comes into force. */
    synchronized void apply(Assembly assembly) {
        Map<String, List<KvEndpoint>> wanted = new LinkedHashMap<>();
        assembly.pools.keySet().forEach(name -> wanted.put(name, assembly.kvEndpoints(name)));
        fleet.apply(wanted);
        tokens.entrySet().removeIf(entry -> {
            boolean gone = !assembly.pools.containsKey(entry.getKey());
            if (gone) {
                entry.getValue().close();
            }
            return gone;
        });
        assembly.pools.forEach((name, pool) -> pool.kv(
                wanted.getOrDefault(name, List.of()).isEmpty()
                        ? Optional.empty()
                        : fleet.pool(name)
                                .map(index -> new KvView(
                                        index, tokens.computeIfAbsent(name, this::tokens), assembly.targets(name)))));
    }

    private KeyFinder tokens(String pool) {
        return new KeyFinder(
                new KeyFinder.Settings(
                        config.tokenIds() == KvIndexConfig.TokenIds.ENGINES,
                        config.tokenWait(),
                        config.tokenCalls(),
                        KEYS),
                outcome -> meters.kvPrompt(pool, outcome));
    }

    /** Housekeeping, some times a second. */
    void tick() {
        fleet.tick();
    }

    @Override
    public synchronized void close() {
        fleet.close();
        tokens.values().forEach(KeyFinder::close);
    }
}
