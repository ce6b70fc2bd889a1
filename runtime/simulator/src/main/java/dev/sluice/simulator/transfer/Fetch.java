package dev.sluice.simulator.transfer;

/** A request that waits for KV, from when it arrives until the KV is here, or will not come, or is not wanted any more. */
final class Fetch {
    final Source source;
    private boolean begun;
    private boolean over;

    Fetch(Source source) {
        this.source = source;
    }

    synchronized void begin() {
        begun = true;
    }

    /** Ends it; true for whoever does so first. */
    synchronized boolean end() {
        var first = !over;
        over = true;
        notifyAll();
        return first;
    }

    synchronized boolean hasBegun() {
        return begun;
    }

    /** Waits so long, or until it is over; true when it is. */
    synchronized boolean awaitOver(long nanos) throws InterruptedException {
        var deadline = System.nanoTime() + nanos;
        while (!over) {
            var left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
