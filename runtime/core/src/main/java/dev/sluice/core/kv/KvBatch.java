package dev.sluice.core.kv;

import java.util.List;

/**
 * What an engine published at once.
 *
 * @param sequence its number; each is one more than that of the batch before
 * @param seconds the engine's clock when it was made, seconds since 1970
 * @param events in their order, only those that concern the prefix cache of full attention
 */
public record KvBatch(long sequence, double seconds, List<KvEvent> events) {
    /** Block operations in it, at least 1: what applying it costs. */
    public int cost() {
        int cost = 1;
        for (KvEvent event : events) {
            cost += switch (event) {
                case KvEvent.Stored stored -> stored.hashes().length;
                case KvEvent.Removed removed -> removed.hashes().length;
                case KvEvent.Cleared cleared -> 1;
            };
        }
        return cost;
    }
}
