package dev.sluice.core;

import dev.sluice.spi.Signal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One reading of an engine's metrics page; NaN where the page does not say.
 *
 * @param waiting requests in the engine's queue
 * @param running requests being computed
 * @param kvUsage share of KV blocks in use, 0..1
 * @param blockSize tokens per KV block
 * @param kvBlocks KV blocks in total
 * @param adapters LoRA adapters
 * @param attributes what extractors made of the page, by name; none of them NaN
 */
public record Scrape(
        double waiting,
        double running,
        double kvUsage,
        double blockSize,
        double kvBlocks,
        Adapters adapters,
        Map<String, Double> attributes) {
    /** A page that says nothing. */
    public static final Scrape UNKNOWN = new Scrape(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);

    /** Drops what can't be: negative, infinite, out of range values become unknown. */
    public Scrape {
        waiting = sane(waiting, 1e9);
        running = sane(running, 1e9);
        kvUsage = sane(kvUsage, 1.0);
        blockSize = sane(blockSize, 1 << 20);
        kvBlocks = sane(kvBlocks, 1e12);
        attributes = Map.copyOf(attributes);
    }

    /** A page without adapters and attributes. */
    public Scrape(double waiting, double running, double kvUsage, double blockSize, double kvBlocks) {
        this(waiting, running, kvUsage, blockSize, kvBlocks, Adapters.UNKNOWN, Map.of());
    }

    /**
     * The same with what extractors set; those that are called as {@link Signal#attribute} says take the place of what was
     * read.
     */
    public Scrape with(Map<String, Double> set) {
        if (set.isEmpty()) {
            return this;
        }
        Map<String, Double> rest = new LinkedHashMap<>(set);
        double[] read = {waiting, running, kvUsage, blockSize, kvBlocks};
        Signal[] signals = {Signal.WAITING, Signal.RUNNING, Signal.KV_USAGE, Signal.BLOCK_SIZE, Signal.KV_BLOCKS};
        for (int i = 0; i < read.length; i++) {
            Double own = rest.remove(signals[i].attribute());
            read[i] = own == null ? read[i] : own;
        }
        return new Scrape(read[0], read[1], read[2], read[3], read[4], adapters, rest);
    }

    /** What still holds when no page comes any more: the cache's size. */
    Scrape aged() {
        return new Scrape(Double.NaN, Double.NaN, Double.NaN, blockSize, kvBlocks);
    }

    private static double sane(double value, double max) {
        return value >= 0 && value <= max ? value : Double.NaN;
    }
}
