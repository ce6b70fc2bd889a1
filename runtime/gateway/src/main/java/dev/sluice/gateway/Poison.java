package dev.sluice.gateway;

import dev.sluice.core.Quarantine;
import dev.sluice.core.index.Xxh64;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Core's {@link Quarantine} for all exchanges. A request's fingerprint is a hash of its path and body under a key that this process has made
 * for itself: nothing of the request can be had from it. While no engine breaks, nothing is locked.
 */
final class Poison {
    private static final System.Logger LOG = System.getLogger(Poison.class.getName());

    private static final int PART = 4096;

    private final long key = ThreadLocalRandom.current().nextLong();
    private final Quarantine quarantine = new Quarantine(Duration.ofMinutes(10).toNanos());
    private volatile boolean suspects;

    /** How long a request that broke engines is refused from now on; zero: not at all. */
    synchronized void configure(Duration time) {
        quarantine.configure(time.toNanos());
        suspects = !quarantine.isEmpty();
    }

    /** Of a request, whose body is not moved. Of a large one its length, beginning and end: every request pays for this. */
    long fingerprint(String path, ByteBuffer body) {
        int length = body.remaining();
        long seed = key ^ path.hashCode();
        if (length <= 2 * PART) {
            return Xxh64.hash(body, body.position(), length, seed);
        }
        long head = Xxh64.hash(body, body.position(), PART, seed + length);
        return Xxh64.hash(body, body.limit() - PART, PART, head);
    }

    /** Whether it must not be shown to an engine. */
    boolean held(long fingerprint) {
        if (!suspects) {
            return false;
        }
        synchronized (this) {
            return quarantine.held(fingerprint, System.nanoTime());
        }
    }

    /** An engine broke of it, or of something that ran beside it. True when it is held from now on. */
    boolean died(long fingerprint, String tenant, String endpoint) {
        boolean held;
        synchronized (this) {
            held = quarantine.died(fingerprint, endpoint, System.nanoTime());
            suspects = !quarantine.isEmpty();
        }
        if (held) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "request {0} of tenant {1} is in quarantine: {2} engines broke while they had it, {3} the last",
                    Long.toHexString(fingerprint),
                    tenant,
                    Integer.toString(Quarantine.DEATHS),
                    endpoint);
        }
        return held;
    }

    /** It was answered to its end. */
    void survived(long fingerprint) {
        if (suspects) {
            synchronized (this) {
                quarantine.survived(fingerprint);
                suspects = !quarantine.isEmpty();
            }
        }
    }

    /** How many fingerprints are held. */
    synchronized int held() {
        return quarantine.held(System.nanoTime());
    }
}
