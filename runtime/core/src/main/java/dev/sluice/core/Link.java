package dev.sluice.core;

/** What is known of moving KV from one endpoint to another. Changed only by {@link Links}. */
final class Link {
    /** How many times the fleet's time moves are taken to need here, before one was seen. */
    final double prior;

    final LinearFit moves = new LinearFit(16, 1, 2000);
    long lastMove = Long.MIN_VALUE;
    boolean warm;
    /** Something has been moved, whatever it took. */
    boolean used;

    int failures;
    long brokenUntil = Long.MIN_VALUE;
    /** When a warm-up that is under way is given up. */
    long warmingUntil = Long.MIN_VALUE;

    Link(double prior, boolean warm) {
        this.prior = prior;
        this.warm = warm;
    }
}
