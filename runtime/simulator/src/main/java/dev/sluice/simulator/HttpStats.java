package dev.sluice.simulator;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.ObjIntConsumer;

/** Counts of answered requests, as vLLM's HTTP instrumentation shows them. Thread-safe. */
final class HttpStats {
    record Key(String handler, String method, String status) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            return (handler + method + status).compareTo(other.handler + other.method + other.status);
        }
    }

    static final class Sizes {
        long count;
        long in;
        long out;
        final Histogram seconds = new Histogram(0.1, 0.5, 1);
    }

    private final Map<Key, Integer> requests = new TreeMap<>();
    private final Map<String, Sizes> sizes = new TreeMap<>();

    synchronized void count(String handler, String method, int status, long in, long out, long nanos) {
        requests.merge(new Key(handler, method, status / 100 + "xx"), 1, Integer::sum);
        var of = sizes.computeIfAbsent(handler, k -> new Sizes());
        of.count++;
        of.in += in;
        of.out += out;
        of.seconds.record(nanos * 1e-9);
    }

    synchronized void forEachRequest(ObjIntConsumer<Key> each) {
        requests.forEach(each::accept);
    }

    synchronized Map<String, Sizes> sizes() {
        return Map.copyOf(sizes);
    }
}
