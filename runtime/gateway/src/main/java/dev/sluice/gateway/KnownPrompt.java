package dev.sluice.gateway;

import dev.sluice.core.KnownTokens;
import dev.sluice.core.Snapshot;
import dev.sluice.gateway.kv.Held;
import dev.sluice.gateway.kv.KvPool;
import dev.sluice.gateway.kv.PromptKeys;
import java.util.Map;

/** A prompt whose token ids are known, in a pool whose engines tell what they hold. Belongs to one exchange. */
final class KnownPrompt {
    private final KvPool pool;
    private final PromptKeys keys;
    private volatile Map<String, Held> held = Map.of();

    KnownPrompt(KvPool pool, PromptKeys keys) {
        this.pool = pool;
        this.keys = keys;
    }

    /** False when only its beginning is known. */
    boolean whole() {
        return keys.whole();
    }

    /** Its tokens; the estimate where only a part of it is known. */
    int promptTokens(int estimate) {
        return keys.whole() ? Math.max(1, keys.tokens()) : Math.max(estimate, keys.tokens());
    }

    /** What the endpoints of a picture hold now. */
    KnownTokens tokens(Snapshot snapshot) {
        Map<String, Held> now = pool.held(keys, System.nanoTime());
        held = now;
        int slots = 0;
        for (int row = 0; row < snapshot.size(); row++) {
            slots = Math.max(slots, snapshot.slot(row) + 1);
        }
        KnownTokens tokens = new KnownTokens(slots);
        for (int row = 0; row < snapshot.size(); row++) {
            Held there = now.get(snapshot.endpoint(row).id());
            if (there != null) {
                tokens.put(snapshot.slot(row), there.worth(), there.exact());
            }
        }
        return tokens;
    }

    /** It goes to an endpoint. */
    void sent(String endpoint) {
        pool.sent(endpoint, keys, System.nanoTime());
    }

    /** An endpoint found so many of its tokens. What was no more than a lower bound proves nothing. */
    void answered(String endpoint, int reported) {
        Held there = held.get(endpoint);
        if (there != null && there.exact()) {
            pool.observe(endpoint, there.tokens(), reported);
        }
    }
}
