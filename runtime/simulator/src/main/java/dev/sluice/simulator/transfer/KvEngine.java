package dev.sluice.simulator.transfer;

import dev.sluice.simulator.KvPin;
import java.util.List;
import java.util.Optional;

/** What a connector needs of the engine it belongs to, from any thread. */
public interface KvEngine {
    /** What is pinned under this key. */
    Optional<KvPin> pin(String key);

    /** Everything that is pinned. */
    List<KvPin> pins();

    /** Sequences that wait for content. */
    int deferred();

    /** Lets pinned blocks go; false when there are none. */
    boolean release(String key);

    /** Makes a lease last at least so long from now, ns; false when there is none. */
    boolean renew(String key, long nanos);

    /** Whether these blocks have this content, see {@link dev.sluice.simulator.EngineKv#holds}. */
    boolean holds(List<Integer> blocks, long[] hashes);

    /** Leading blocks of these that are cached. */
    int cached(long[] hashes);

    /** The content that a sequence waits for is here. */
    void pulled(long id);

    /** It will not come. */
    void pullFailed(long id, boolean recompute);

    /** What the engine's clock says of a pin's lease: nanoseconds left. */
    long left(KvPin pin);
}
