package dev.sluice.gateway.tenant;

import dev.sluice.core.quota.Hold;
import dev.sluice.core.quota.Limits;
import dev.sluice.core.quota.Quota;
import dev.sluice.core.quota.Standing;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/** A tenant's quota in a live process: the lock around it. It outlives changes of the tenant's file. */
public final class TenantQuota {
    private final ReentrantLock lock = new ReentrantLock();
    private final Quota quota = new Quota(Limits.NONE, Map.of(), System.nanoTime());

    TenantQuota() {}

    void limits(Limits limits, Map<String, Limits> models) {
        locked(q -> {
            q.limits(limits, models, System.nanoTime());
            return true;
        });
    }

    /** As {@link Quota#reserve}. */
    public Quota.Reserved reserve(String model, long tokens) {
        return locked(q -> q.reserve(model, tokens, System.nanoTime()));
    }

    /**
     * As {@link Quota#extend}. Called on a loop's own thread, which must not wait for a lock: true when somebody else has it, and
     * then the caller asks again with the next tokens.
     */
    public boolean extend(Hold hold, long tokens, long ahead) {
        if (!lock.tryLock()) {
            return true;
        }
        try {
            return quota.extend(hold, tokens, ahead, System.nanoTime());
        } finally {
            lock.unlock();
        }
    }

    /** As {@link Quota#settle}. */
    public void settle(Hold hold, long tokens) {
        locked(q -> {
            q.settle(hold, tokens, System.nanoTime());
            return true;
        });
    }

    /** What is left now. */
    public Standing standing() {
        return locked(q -> q.standing(System.nanoTime()));
    }

    /** Requests that hold something now. */
    public int inFlight() {
        return locked(Quota::inFlight);
    }

    /** Tokens that all requests so far have cost. */
    public long settledTokens() {
        return locked(Quota::settledTokens);
    }

    private <T> T locked(Function<Quota, T> action) {
        lock.lock();
        try {
            return action.apply(quota);
        } finally {
            lock.unlock();
        }
    }
}
