package dev.sluice.core;

import java.util.List;

/**
 * Which LoRA adapters an engine says that it has in hand.
 *
 * @param running in use now
 * @param waiting of requests that wait
 * @param max how many fit in at once; NaN when it does not say
 */
public record Adapters(List<String> running, List<String> waiting, double max) {
    /** Of an engine that names none, and might have any. */
    public static final Adapters UNKNOWN = new Adapters(List.of(), List.of(), Double.NaN);

    /** Copies the lists; a limit that can't be is unknown. */
    public Adapters {
        running = List.copyOf(running);
        waiting = List.copyOf(waiting);
        max = max >= 0 && max <= 1e6 ? max : Double.NaN;
    }

    /** True when the engine has said something about adapters. */
    boolean known() {
        return !Double.isNaN(max) || !running.isEmpty() || !waiting.isEmpty();
    }

    double count() {
        return known() ? running.size() + waiting.size() : Double.NaN;
    }

    double isRunning(String model) {
        return known() ? running.contains(model) ? 1 : 0 : Double.NaN;
    }

    double isWaiting(String model) {
        return known() ? waiting.contains(model) ? 1 : 0 : Double.NaN;
    }
}
