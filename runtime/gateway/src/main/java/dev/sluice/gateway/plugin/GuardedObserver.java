package dev.sluice.gateway.plugin;

import dev.sluice.core.Abstained;
import dev.sluice.gateway.plugin.CallStats.Outcome;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Choice;
import dev.sluice.spi.Ending;
import dev.sluice.spi.Observer;
import dev.sluice.spi.Request;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A third party's observer. Whoever tells it of an event only puts it into a queue; one virtual thread hands the events over,
 * one after the other and each with the budget, so that they arrive in order. What does not fit into the queue is dropped
 * and counted as {@code busy}.
 */
final class GuardedObserver extends GuardedPart<Observer> implements Observer {
    private static final int MOST_WAITING = 1024;

    private final ConcurrentLinkedQueue<Consumer<Observer>> events = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicBoolean telling = new AtomicBoolean();
    private volatile boolean released;

    GuardedObserver(PluginGuard.Seat seat, Observer own) {
        super(seat, own);
    }

    @Override
    public void chosen(Request request, Candidates candidates, Choice choice) {
        tell(own -> own.chosen(request, candidates, choice));
    }

    @Override
    public void began(Request request, Choice choice, long at) {
        tell(own -> own.began(request, choice, at));
    }

    @Override
    public void ended(Request request, Choice choice, Ending ending) {
        tell(own -> own.ended(request, choice, ending));
    }

    private void tell(Consumer<Observer> event) {
        if (released) {
            return;
        }
        if (waiting.incrementAndGet() > MOST_WAITING) {
            waiting.decrementAndGet();
            stats().count(Outcome.BUSY);
            return;
        }
        events.add(event);
        if (telling.compareAndSet(false, true)) {
            Thread.ofVirtual().name("tell-" + name()).start(this::tellAll);
        }
    }

    private void tellAll() {
        do {
            for (Consumer<Observer> event = events.poll(); event != null; event = events.poll()) {
                waiting.decrementAndGet();
                try {
                    ask(event);
                } catch (Abstained counted) {
                    // Its reason has been counted; the next event may be taken.
                }
            }
            telling.set(false);
        } while (!events.isEmpty() && telling.compareAndSet(false, true));
    }

    @Override
    public void release() {
        released = true;
        events.clear();
        super.release();
    }

    @Override
    public void close() {
        // The instance itself is closed by whoever created it.
    }
}
