package dev.sluice.gateway;

import dev.sluice.core.Decision;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The newest decisions, for explanations. Bounded; writing one costs a few nanoseconds and never waits. */
final class DecisionLog {
    private static final int SIZE = 1024;

    /**
     * One decision.
     *
     * @param id the exchange
     * @param clientId the client's own id; empty when it sent none
     * @param pool name of the pool
     * @param attempt 1 for the first
     * @param epochMillis when
     * @param release when its claim was given back
     */
    record Entry(
            String id,
            String clientId,
            String pool,
            int attempt,
            long epochMillis,
            Decision decision,
            Release release) {}

    private final AtomicReferenceArray<@Nullable Entry> ring = new AtomicReferenceArray<>(SIZE);
    private final AtomicLong next = new AtomicLong();

    void add(Entry entry) {
        ring.setRelease((int) (next.getAndIncrement() & (SIZE - 1)), entry);
    }

    /** The last decision of an exchange, by the gateway's id or the client's. */
    Optional<Entry> find(String id) {
        for (Entry entry : newest(SIZE)) {
            if (entry.id().equals(id) || (!id.isEmpty() && entry.clientId().equals(id))) {
                return Optional.of(entry);
            }
        }
        return Optional.empty();
    }

    /** Newest first. */
    List<Entry> newest(int limit) {
        List<Entry> entries = new ArrayList<>();
        long end = next.get();
        for (long i = end - 1; i >= Math.max(0, end - SIZE) && entries.size() < limit; i--) {
            Entry entry = ring.getAcquire((int) (i & (SIZE - 1)));
            if (entry != null) {
                entries.add(entry);
            }
        }
        return entries;
    }
}
