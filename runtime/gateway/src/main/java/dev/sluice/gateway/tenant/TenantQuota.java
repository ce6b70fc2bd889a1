package dev.sluice.gateway.tenant;

import dev.sluice.core.quota.Exceeded;
import dev.sluice.core.quota.Hold;
import dev.sluice.core.quota.Limits;
import dev.sluice.core.quota.Quota;
import dev.sluice.core.quota.Replicas;
import dev.sluice.core.quota.Share;
import dev.sluice.core.quota.Standing;
import dev.sluice.core.quota.Use;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/** A tenant's quota in a live process: the lock around it. It outlives changes of the tenant's file. */
public final class TenantQuota {
    /** How long a request waits for other replicas to hear what was used here, ns; they mostly need a few milliseconds. */
    private static final long HEARD = 100_000_000L;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition heard = lock.newCondition();
    private final Quota quota = new Quota(Limits.NONE, Map.of(), System.nanoTime());
    private boolean deny;
    private volatile Runnable hurry = () -> {};

    TenantQuota() {}

    /** @param denies nothing more than a lease is granted while other replicas are silent */
    void limits(Limits limits, Map<String, Limits> models, boolean denies) {
        locked(q -> {
            deny = denies;
            q.limits(limits, models, System.nanoTime());
            return true;
        });
    }

    /**
     * As {@link Quota#reserve}. Where only other replicas have not heard yet what was used here, it waits for them, a tenth of a second at
     * most.
     */
    public Quota.Reserved reserve(String model, long tokens) {
        lock.lock();
        try {
            Quota.Reserved reserved = quota.reserve(model, tokens, System.nanoTime());
            long left = HEARD;
            while (left > 0 && reserved.exceeded().filter(Exceeded::lease).isPresent()) {
                hurry.run();
                left = heard.awaitNanos(left);
                reserved = quota.reserve(model, tokens, System.nanoTime());
            }
            if (quota.urgent()) {
                hurry.run();
            }
            return reserved;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return quota.reserve(model, tokens, System.nanoTime());
        } finally {
            lock.unlock();
        }
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

    /** As {@link Quota#share}. */
    public void share(Share share) {
        locked(q -> {
            q.share(share, deny, System.nanoTime());
            heard.signalAll();
            return true;
        });
    }

    /**
     * As {@link Quota#tell}.
     *
     * @param soon called, and must not wait, whenever others should hear soon of what is used from now on
     */
    public List<Use> tell(long round, Runnable soon) {
        hurry = soon;
        return locked(q -> q.tell(round, System.nanoTime()));
    }

    /** As {@link Quota#mark}. */
    public void mark(long round) {
        locked(q -> {
            q.mark(round);
            return true;
        });
    }

    /** As {@link Quota#heard}. */
    public void heard(long member, Use use, Replicas.Heard how) {
        locked(q -> {
            q.heard(member, use, how, System.nanoTime());
            return true;
        });
    }

    /** As {@link Quota#left}. */
    public void left(long member) {
        locked(q -> {
            q.left(member);
            return true;
        });
    }

    /** As {@link Quota#urgent}. */
    public boolean urgent() {
        return locked(Quota::urgent);
    }

    /** As {@link Quota#models}. */
    public Set<String> models() {
        return locked(Quota::models);
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
