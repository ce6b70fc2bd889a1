package dev.sluice.gateway;

import dev.sluice.core.flow.Running;

/** A request of negative priority that runs, and knows how to end when its place is needed for one that waits. */
final class Sheddable extends Running {
    private final Runnable end;

    /**
     * One that runs.
     *
     * @param endpoint that serves it
     * @param end ends it, from any thread and without waiting; it may be called when the request has ended already
     */
    Sheddable(int priority, String endpoint, Runnable end) {
        super(priority, endpoint);
        this.end = end;
    }

    void takeBack() {
        end.run();
    }
}
