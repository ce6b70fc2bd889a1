package dev.sluice.gateway.metrics;

import io.micrometer.core.instrument.Counter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Counters that differ in one number and one word, such as status and reason. There are a handful of them, so finding one
 * is a walk over an array: no lock, no allocation, a few nanoseconds. Past {@link #MOST} all new ones are one, so that
 * nothing that a client sends can make series without end.
 */
final class FewCounters {
    static final String OTHER = "other";
    private static final int MOST = 64;

    private record Entry(int number, String word, Counter counter) {}

    private final BiFunction<Integer, String, Counter> create;
    private volatile Entry[] entries = {};

    FewCounters(BiFunction<Integer, String, Counter> create) {
        this.create = create;
    }

    Counter get(int number, String word) {
        for (Entry entry : entries) {
            if (entry.number == number && entry.word.equals(word)) {
                return entry.counter;
            }
        }
        return add(number, word);
    }

    private synchronized Counter add(int number, String word) {
        Entry[] before = entries;
        if (before.length > MOST && !word.equals(OTHER)) {
            return get(number, OTHER);
        }
        for (Entry entry : before) {
            if (entry.number == number && entry.word.equals(word)) {
                return entry.counter;
            }
        }
        Entry[] after = java.util.Arrays.copyOf(before, before.length + 1);
        Counter counter = create.apply(number, word);
        after[before.length] = new Entry(number, word, counter);
        entries = after;
        return counter;
    }

    /** All that there are. */
    List<Counter> all() {
        List<Counter> all = new ArrayList<>();
        for (Entry entry : entries) {
            all.add(entry.counter);
        }
        return all;
    }
}
