package dev.sluice.gateway;

import dev.sluice.core.RoutingRequest;
import dev.sluice.core.Usage;
import dev.sluice.core.Work;
import dev.sluice.core.flow.AdmissionQueue.Full;
import dev.sluice.core.flow.FlowControl;
import dev.sluice.core.flow.FlowSettings.Patience;
import dev.sluice.core.flow.Ticket;
import dev.sluice.core.flow.Wait;
import dev.sluice.gateway.metrics.Lane;
import dev.sluice.gateway.stream.GatewayError;
import dev.sluice.gateway.tenant.Tenant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** One request's wait for room in its pool. Room that was set aside is given back once, whatever happens. */
final class Admission {
    private static final double MS = 1e6;

    private final LivePool pool;
    private long every = Long.MAX_VALUE;
    private Runnable beat = () -> {};
    private @Nullable Waiter waiter;
    private boolean left;
    private boolean holds;
    private long waited;

    Admission(LivePool pool) {
        this.pool = pool;
    }

    /** While its pool starts, this is run so often, ns, on the thread that waits. */
    void meanwhile(long each, Runnable run) {
        every = each;
        beat = run;
    }

    /**
     * Waits until there is room.
     *
     * @param ask what is to be placed then
     * @param bytes what the request holds in memory meanwhile
     * @param tenant whose it is: its priority goes first, its weight is its share
     * @return false when its client left before
     */
    boolean enter(Ask ask, int bytes, Tenant tenant, Lane lane) throws Refused, InterruptedException {
        return enter(ask, bytes, tenant, lane, () -> {});
    }

    /** The same, and says when it is about to wait. */
    boolean enter(Ask ask, int bytes, Tenant tenant, Lane lane, Runnable waits) throws Refused, InterruptedException {
        long asked = System.nanoTime();
        RoutingRequest request = ask.request();
        Waiter mine = new Waiter(
                bytes,
                request.priority(),
                times(request, asked),
                Flows.share(request, tenant),
                new Work(
                        request.promptTokens(), pool.cachedAnywhere(ask), request.outputTokens(), request.streaming()));
        synchronized (this) {
            waiter = mine;
        }
        FlowControl.Entered admitted = pool.admit(mine);
        boolean granted = switch (admitted.entry()) {
            case AT_ONCE -> true;
            case REFUSED -> throw refused(admitted.full(), mine, asked);
            case WAITS -> {
                waits.run();
                yield waited(mine, asked, lane);
            }
        };
        synchronized (this) {
            holds = granted;
            if (!left) {
                if (!granted) {
                    throw inVain(mine);
                }
                return true;
            }
        }
        used();
        return false;
    }

    private Refused refused(@Nullable Full full, Waiter mine, long now) {
        int seconds = pool.retryAfter(mine, now);
        if (full != null && full.own()) {
            return new Refused(
                    GatewayError.RATE_LIMIT_EXCEEDED,
                    "too many requests of this tenant wait already",
                    "tenant_queue_full",
                    seconds);
        }
        return full == Full.TIME
                ? new Refused(
                        GatewayError.OVERLOADED,
                        "all engines of this model are busy and would be for longer than this request may wait",
                        "queue_wait",
                        seconds)
                : new Refused(
                        GatewayError.OVERLOADED,
                        "all engines of this model are busy and the queue is full",
                        "queue_full",
                        seconds);
    }

    private Refused inVain(Waiter mine) {
        Optional<Waking> asleep = pool.asleep();
        if (asleep.isPresent()) {
            return Refused.starting(asleep.get().eta());
        }
        return switch (mine.fate()) {
            case PUSHED_OUT ->
                Refused.overloaded("requests that go before this one took its place in the queue", "evicted");
            case LATE_WITHOUT_ENDPOINT ->
                new Refused(GatewayError.NO_ENDPOINT, "no engine of this model came into service", "no_endpoint", 1);
            default -> Refused.overloaded("no engine of this model had room in time", "queue_timeout");
        };
    }

    /**
     * How long it may wait. A pool that sleeps is woken by whoever asks; a client that would wait in vain is told at once when to
     * come back.
     */
    private Ticket.Times times(RoutingRequest request, long asked) throws Refused {
        Patience patience = pool.patience(request.priority());
        double ttft = pool.ordersByDue(request.priority()) ? request.ttftObjectiveMs() : Double.NaN;
        long due = Double.isNaN(ttft) ? Long.MAX_VALUE : asked + (long) (ttft * MS);
        Ticket.Times usual = new Ticket.Times(asked + patience.nanos(), asked + patience.withoutEndpoint(), due);
        Optional<Waking> wakes = pool.waking();
        if (wakes.isEmpty()) {
            return usual;
        }
        wakes.get().ask();
        if (pool.asleep().isEmpty()) {
            return usual;
        }
        OptionalLong eta = wakes.get().eta();
        if (eta.orElse(0) > wakes.get().patience()) {
            throw Refused.starting(eta);
        }
        long until = asked + wakes.get().patience();
        return new Ticket.Times(until, until, due);
    }

    private boolean waited(Waiter mine, long asked, Lane lane) throws InterruptedException {
        if (gone()) {
            pool.leave(mine);
        }
        try {
            while (every < Long.MAX_VALUE && !mine.await(every)) {
                if (pool.asleep().isPresent()) {
                    beat.run();
                }
            }
            boolean granted = mine.await();
            long nanos = System.nanoTime() - asked;
            synchronized (this) {
                waited = nanos;
            }
            lane.queued(nanos);
            return granted;
        } catch (InterruptedException interrupted) {
            pool.leave(mine);
            if (mine.granted()) {
                pool.admissionUsed(mine);
            }
            throw interrupted;
        }
    }

    private synchronized boolean gone() {
        return left;
    }

    /** From any thread: the client has left. */
    void leave() {
        Waiter waiting;
        synchronized (this) {
            left = true;
            waiting = waiter;
        }
        if (waiting != null) {
            pool.leave(waiting);
        }
    }

    /** The room has been used, or is not needed; further calls do nothing. */
    void used() {
        Waiter mine;
        synchronized (this) {
            if (!holds) {
                return;
            }
            holds = false;
            mine = waiter;
        }
        if (mine != null) {
            pool.admissionUsed(mine);
        }
    }

    /** The request has ended, and this is what it really had: who had more than was thought owes it. */
    void ended(Usage usage) {
        Waiter mine;
        synchronized (this) {
            mine = waiter;
        }
        if (mine != null && mine.granted() && usage.promptTokens() > 0) {
            pool.served(
                    mine,
                    new Work(
                            usage.promptTokens(),
                            Math.max(0, usage.cachedTokens()),
                            Math.max(1, usage.outputTokens()),
                            mine.work().observed()));
        }
    }

    /** Whole seconds until one like it may hope for a place. */
    int retryAfter() {
        Waiter mine;
        synchronized (this) {
            mine = waiter;
        }
        return mine == null ? 1 : pool.retryAfter(mine, System.nanoTime());
    }

    /** Why it waited, and how long, in words; empty when it did not. */
    synchronized String story() {
        Waiter mine = waiter;
        if (mine == null || waited == 0) {
            return "";
        }
        Wait wait = mine.waits();
        StringBuilder words = new StringBuilder(String.format(
                Locale.ROOT,
                "%.0f ms in the queue, band %d: %s when it came",
                waited / MS,
                mine.priority(),
                wait.why().words()));
        if (!Double.isNaN(wait.saturation()) && !Double.isNaN(wait.ceiling())) {
            words.append(
                    String.format(Locale.ROOT, ", saturation %.2f of at most %.2f", wait.saturation(), wait.ceiling()));
        }
        words.append(", ").append(wait.ahead()).append(" waited in its band or above");
        if (wait.expectedMs() > 0) {
            words.append(String.format(Locale.ROOT, ", %.0f ms expected", wait.expectedMs()));
        }
        return words.toString();
    }
}
