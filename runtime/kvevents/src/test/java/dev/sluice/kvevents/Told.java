package dev.sluice.kvevents;

import dev.sluice.core.kv.KvEvent;
import dev.sluice.core.kv.KvEventSink;
import dev.sluice.core.kv.KvNews;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Remembers what it was told, in words, and lets tests wait for it. */
final class Told implements KvEventSink {
    private final List<String> news = new ArrayList<>();
    private final List<KvEvent> events = new ArrayList<>();
    private final long[] counts = new long[Oddity.values().length];
    private boolean full;

    @Override
    public synchronized boolean offer(KvNews what) {
        if (full) {
            return false;
        }
        switch (what) {
            case KvNews.Batch batch -> {
                news.add("" + batch.batch().sequence());
                events.addAll(batch.batch().events());
            }
            case KvNews.Reset reset -> news.add(reset.whole() ? "whole" : "partial");
            case KvNews.Live live -> news.add(live.live() ? "live" : "stale");
        }
        notifyAll();
        return true;
    }

    @Override
    public synchronized void count(Oddity what, long many) {
        counts[what.ordinal()] += many;
        notifyAll();
    }

    synchronized void full(boolean now) {
        full = now;
    }

    synchronized long count(Oddity what) {
        return counts[what.ordinal()];
    }

    synchronized List<String> news() {
        return List.copyOf(news);
    }

    synchronized List<KvEvent> events() {
        return List.copyOf(events);
    }

    /** Waits until what was told fits; at most 20 s. */
    synchronized void await(String what, Predicate<Told> fits) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!fits.test(this)) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                throw new TimeoutException(what + "; told so far: " + news);
            }
            wait(left);
        }
    }

    void awaitNews(String... last) throws Exception {
        List<String> wanted = List.of(last);
        await("waited for " + wanted, told -> {
            List<String> all = told.news();
            return all.size() >= wanted.size()
                    && all.subList(all.size() - wanted.size(), all.size()).equals(wanted);
        });
    }
}
