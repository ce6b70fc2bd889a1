package dev.sluice.core;

/**
 * One reading of an engine's metrics page; NaN where the page does not say.
 *
 * @param waiting requests in the engine's queue
 * @param running requests being computed
 * @param kvUsage share of KV blocks in use, 0..1
 * @param blockSize tokens per KV block
 * @param kvBlocks KV blocks in total
 */
public record Scrape(double waiting, double running, double kvUsage, double blockSize, double kvBlocks) {
    /** A page that says nothing. */
    public static final Scrape UNKNOWN = new Scrape(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);

    /** Drops what can't be: negative, infinite, out of range values become unknown. */
    public Scrape {
        waiting = sane(waiting, 1e9);
        running = sane(running, 1e9);
        kvUsage = sane(kvUsage, 1.0);
        blockSize = sane(blockSize, 1 << 20);
        kvBlocks = sane(kvBlocks, 1e12);
    }

    private static double sane(double value, double max) {
        return value >= 0 && value <= max ? value : Double.NaN;
    }
}
