package dev.sluice.gateway;

import dev.sluice.core.Decision;
import dev.sluice.core.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The newest decisions, for explanations. Bounded; writing one costs a few nanoseconds and never waits. A decision holds a
 * picture of its whole pool, so one that is pushed out is let go even where its exchange still runs: thousands of open
 * streams would keep as many pictures.
 */
final class DecisionLog {
    private static final int SIZE = 1024;

    /** One decision, and how the attempt that it led to ended. */
    static final class Entry {
        private static final End RUNNING = new End("running", Usage.UNKNOWN, Double.NaN);
        private static final End REFUSED = new End("refused", Usage.UNKNOWN, 0);

        final String id;
        final String clientId;
        final String pool;
        final int attempt;
        private volatile @Nullable Decision decision;
        final long epochMillis = System.currentTimeMillis();
        private final long nanos = System.nanoTime();
        private volatile End end;
        private volatile String released = "";
        private volatile String waited = "";

        /**
         * @param id the exchange
         * @param clientId the client's own id; empty when it sent none
         * @param pool name of the pool
         * @param attempt 1 for the first
         */
        Entry(String id, String clientId, String pool, int attempt, Decision decision) {
            this.id = id;
            this.clientId = clientId;
            this.pool = pool;
            this.attempt = attempt;
            this.decision = decision;
            this.end = decision.refusal().isPresent() ? REFUSED : RUNNING;
        }

        /** The attempt is over. */
        void ended(String outcome, Usage usage) {
            end = new End(outcome, usage, (System.nanoTime() - nanos) / 1e6);
        }

        End end() {
            return end;
        }

        private Optional<Kept> kept() {
            Decision held = decision;
            return held == null ? Optional.empty() : Optional.of(new Kept(this, held));
        }

        /** The endpoint is no longer charged; said where that was not with the answer. */
        void released(String when) {
            released = when;
        }

        String released() {
            return released;
        }

        /** Why it waited before, and how long; empty when it did not. */
        void waited(String story) {
            waited = story;
        }

        String waited() {
            return waited;
        }
    }

    /** An entry whose decision is still known. */
    record Kept(Entry entry, Decision decision) {}

    /** How an attempt ended. */
    record End(String outcome, Usage usage, double millis) {}

    private final AtomicReferenceArray<@Nullable Entry> ring = new AtomicReferenceArray<>(SIZE);
    private final AtomicLong next = new AtomicLong();

    void add(Entry entry) {
        Entry oldest = ring.getAndSet((int) (next.getAndIncrement() & (SIZE - 1)), entry);
        if (oldest != null) {
            oldest.decision = null;
        }
    }

    /** The last decision of an exchange, by the gateway's id or the client's. */
    Optional<Kept> find(String id) {
        return find(id::equals);
    }

    /** The last decision of an exchange whose id, the gateway's or the client's, is one of these. */
    Optional<Kept> find(Predicate<String> id) {
        for (Kept kept : newest(SIZE)) {
            Entry entry = kept.entry();
            if (id.test(entry.id) || (!entry.clientId.isEmpty() && id.test(entry.clientId))) {
                return Optional.of(kept);
            }
        }
        return Optional.empty();
    }

    /** Newest first. */
    List<Kept> newest(int limit) {
        List<Kept> entries = new ArrayList<>();
        long end = next.get();
        for (long i = end - 1; i >= Math.max(0, end - SIZE) && entries.size() < limit; i--) {
            Entry entry = ring.getAcquire((int) (i & (SIZE - 1)));
            if (entry != null) {
                entry.kept().ifPresent(entries::add);
            }
        }
        return entries;
    }
}
