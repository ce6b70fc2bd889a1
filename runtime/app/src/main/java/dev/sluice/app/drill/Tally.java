package dev.sluice.app.drill;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What clients saw. Thread-safe. */
final class Tally {
    private static final int EXAMPLES = 5;

    /**
     * A request, with the client's second try where it made one.
     *
     * @param first what came of the first attempt
     * @param last what came of the last one; the same where there was one only
     * @param retried whether there were two
     */
    record Request(Result first, Result last, boolean retried) {}

    private final boolean remember;
    private final List<Request> requests = new ArrayList<>();
    private final EnumMap<Ending, Long> endings = new EnumMap<>(Ending.class);
    private final List<String> examples = new ArrayList<>();
    private long count;
    private long retried;

    /** @param remember whether single requests are kept, and not only counted */
    Tally(boolean remember) {
        this.remember = remember;
    }

    synchronized void add(Request request) {
        count++;
        if (request.retried()) {
            retried++;
        }
        endings.merge(request.last().ending(), 1L, Long::sum);
        if (remember) {
            requests.add(request);
        }
        if (request.last().ending() != Ending.COMPLETE && examples.size() < EXAMPLES) {
            examples.add(request.last().ending() + " at " + request.last().gateway() + ": "
                    + request.last().why());
        }
        notifyAll();
    }

    /** Whether single requests are kept. */
    boolean remembers() {
        return remember;
    }

    synchronized long count() {
        return count;
    }

    /** Requests that were sent twice. */
    synchronized long retried() {
        return retried;
    }

    synchronized long count(Ending ending) {
        return endings.getOrDefault(ending, 0L);
    }

    synchronized List<Request> requests() {
        return List.copyOf(requests);
    }

    /** Some of those that did not go well, in words. */
    synchronized List<String> examples() {
        return List.copyOf(examples);
    }

    /** Waits until so many requests have ended; false when they have not within the time. */
    synchronized boolean await(long wanted, long seconds) throws InterruptedException {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (count < wanted) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    /** All endings that there were, with how many, in words. */
    synchronized String words() {
        List<String> parts = new ArrayList<>();
        for (Map.Entry<Ending, Long> entry : endings.entrySet()) {
            parts.add(entry.getValue() + " " + entry.getKey());
        }
        return String.join(", ", parts);
    }

    /** All attempts that there were, in the order of their requests. */
    synchronized List<Result> attempts() {
        List<Result> all = new ArrayList<>();
        for (Request request : requests) {
            all.add(request.first());
            if (request.retried()) {
                all.add(request.last());
            }
        }
        return all;
    }
}
