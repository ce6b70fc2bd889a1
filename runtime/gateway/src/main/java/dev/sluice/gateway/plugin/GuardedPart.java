package dev.sluice.gateway.plugin;

import dev.sluice.core.Abstained;
import dev.sluice.core.OnceAsked;
import dev.sluice.gateway.plugin.CallStats.Outcome;
import dev.sluice.spi.Part;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a decision and one instance of a third-party plugin. Whatever the instance does, the decision gets an
 * answer or an {@link Abstained} within the budget.
 */
abstract class GuardedPart<P extends Part> implements OnceAsked, Watched {
    private final String point;
    private final String name;
    private final Lane lane;
    private final PluginWorkers workers;
    private final long budget;
    private final CallStats stats;
    private final Breaker breaker = new Breaker(System.nanoTime());
    private volatile @Nullable P own;
    private volatile @Nullable ClassLoader loader;

    GuardedPart(PluginGuard.Seat seat, P own) {
        this.point = seat.point();
        this.name = seat.name();
        this.lane = seat.lane();
        this.workers = seat.workers();
        this.budget = seat.budgetNanos();
        this.stats = seat.stats();
        this.loader = seat.loader();
        this.own = own;
    }

    @Override
    public String name() {
        return name;
    }

    String point() {
        return point;
    }

    Lane lane() {
        return lane;
    }

    CallStats stats() {
        return stats;
    }

    PluginWorkers workers() {
        return workers;
    }

    long budget() {
        return budget;
    }

    ClassLoader loader() {
        ClassLoader its = loader;
        return its == null ? ClassLoader.getPlatformClassLoader() : its;
    }

    @Override
    public void release() {
        own = null;
        loader = null;
    }

    /** Asks and waits. */
    void ask(Consumer<P> code) {
        alone(prepare(code, true), budget);
    }

    /** The same for a question that no request waits for: it is not counted. */
    void askAside(long nanos, Consumer<P> code) {
        alone(prepare(code, false), nanos);
    }

    private void alone(Call call, long nanos) {
        Batch batch = new Batch(workers);
        batch.add(call);
        batch.start().await(nanos);
        settle(call, false);
    }

    /**
     * A call that can be made.
     *
     * @throws Abstained when the instance is not to be asked now
     */
    Call prepare(Consumer<P> code, boolean counted) {
        P part = own;
        if (part == null) {
            throw new Abstained("was replaced meanwhile");
        }
        String off = lane.off();
        if (!off.isEmpty()) {
            stats.count(Outcome.OFF);
            throw new Abstained(off);
        }
        if (!breaker.admits(System.nanoTime())) {
            stats.count(Outcome.OPEN);
            throw new Abstained("not asked, its breaker is open; last: " + breaker.last());
        }
        return new Call(this, () -> code.accept(part), counted);
    }

    /**
     * Judges a call whose time is over.
     *
     * @param clamped it answered with a number that had to be moved into its range
     * @throws Abstained when there is no answer
     */
    void settle(Call call, boolean clamped) {
        long now = System.nanoTime();
        switch (call.state()) {
            case DONE -> {
                if (!call.failure().isEmpty()) {
                    throw wrong(call.failure());
                }
                breaker.good(now);
                count(call, clamped ? Outcome.CLAMPED : Outcome.OK);
            }
            case LATE -> {
                String what = "not done within " + budget / 1000 + " µs";
                breaker.late(now, what);
                count(call, Outcome.TIMEOUT);
                throw new Abstained(what);
            }
            default -> {
                boolean itself = lane.taken();
                String what = "not begun within " + budget / 1000 + " µs, "
                        + (itself ? "busy with other requests" : "no thread was free for it");
                if (itself) {
                    breaker.late(now, what);
                } else {
                    breaker.notAsked(now);
                }
                count(call, Outcome.BUSY);
                throw new Abstained(what);
            }
        }
    }

    private void count(Call call, Outcome outcome) {
        if (call.counted()) {
            stats.count(outcome);
        }
    }

    /** Counts an answer that can't be. */
    Abstained wrong(String what) {
        breaker.fault(System.nanoTime(), what);
        stats.count(Outcome.FAULT);
        return new Abstained(what);
    }

    @Override
    public PartReport report() {
        String state = lane.off().isEmpty()
                ? breaker.state().name().toLowerCase(Locale.ROOT).replace('_', '-')
                : "off";
        String last = lane.off().isEmpty() ? breaker.last() : lane.off();
        return new PartReport(point, stats.calls(), stats.millis(0.5), stats.millis(0.99), state, last);
    }
}
