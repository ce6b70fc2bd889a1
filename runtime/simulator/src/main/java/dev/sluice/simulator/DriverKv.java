package dev.sluice.simulator;

import dev.sluice.simulator.transfer.KvEngine;
import java.util.List;
import java.util.Optional;

/** The engine on the wall clock, as a connector sees it. */
final class DriverKv implements KvEngine {
    private final EngineDriver driver;

    DriverKv(EngineDriver driver) {
        this.driver = driver;
    }

    @Override
    public Optional<KvPin> pin(String key) {
        return driver.with(engine -> engine.kv().pin(key));
    }

    @Override
    public List<KvPin> pins() {
        return driver.with(engine -> engine.kv().pins());
    }

    @Override
    public int deferred() {
        return driver.with(engine -> engine.kv().deferred());
    }

    @Override
    public boolean release(String key) {
        return driver.at((engine, now) -> engine.kv().release(key, now));
    }

    @Override
    public boolean renew(String key, long nanos) {
        return driver.at((engine, now) -> engine.kv().renew(key, now + nanos));
    }

    @Override
    public boolean holds(List<Integer> blocks, long[] hashes) {
        return driver.with(engine -> engine.kv().holds(blocks, hashes));
    }

    @Override
    public int cached(long[] hashes) {
        return driver.with(engine -> {
            var size = engine.profile().blockSize();
            return engine.cachedTokens(hashes.length * size + 1, hashes) / size;
        });
    }

    @Override
    public void pulled(long id) {
        driver.at((engine, now) -> {
            engine.kv().pulled(id, now);
            return engine;
        });
    }

    @Override
    public void pullFailed(long id, boolean recompute) {
        driver.at((engine, now) -> {
            engine.kv().pullFailed(id, recompute, now, driver);
            return engine;
        });
    }

    @Override
    public long left(KvPin pin) {
        return driver.at((engine, now) -> pin.expires() - now);
    }
}
