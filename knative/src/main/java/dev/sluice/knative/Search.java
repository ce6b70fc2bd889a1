package dev.sluice.knative;

import dev.sluice.core.discovery.Doubt;
import dev.sluice.core.discovery.EndpointSource;
import dev.sluice.core.discovery.Picture;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One search: a thread that makes a picture whenever something has changed, at most some tens of times a second however much
 * changes, and tells of it when it differs from the one before.
 */
final class Search implements EndpointSource.Watching {
    private static final System.Logger LOG = System.getLogger("dev.sluice.discovery");
    /** Changes that come together are one: a roll-out makes many. */
    private static final Duration GATHER = Duration.ofMillis(20);
    /** Before all lists have come a gateway waits to be ready: so long it is looked at once, and without a rest ... */
    private static final Duration GATHER_FIRST = Duration.ofMillis(5);
    /** ... but no longer than this. */
    private static final Duration HURRY = Duration.ofSeconds(3);
    /** Pictures of many endpoints take their time: so many times as long nothing is done, that is 1.3 % of a core at most ... */
    private static final int REST = 75;
    /** ... but no longer than this. */
    private static final Duration LONGEST = Duration.ofMillis(250);
    /** How long it may take to end. */
    private static final Duration ENDS = Duration.ofMillis(500);

    private final String name;
    private final Function<Runnable, Sight> opener;
    private final Consumer<Picture> news;
    private final Doubt doubt;
    private final Heart heart;
    private final ArrayBlockingQueue<Boolean> signal = new ArrayBlockingQueue<>(1);
    private final Thread thread;
    private final long hurryUntil = System.nanoTime() + HURRY.toNanos();
    private long notBefore = System.nanoTime();
    /** All lists have come, or were waited for long enough. */
    private boolean settled;

    private volatile boolean closed;

    /** @param opener begins to look, and calls back when something has changed; run on the search's own thread */
    Search(String name, Function<Runnable, Sight> opener, Heart heart, Duration patience, Consumer<Picture> news) {
        this.name = name;
        this.opener = opener;
        this.news = news;
        this.heart = heart;
        this.doubt = new Doubt(patience);
        this.thread = Thread.ofVirtual().name("search-" + name).start(this::run);
    }

    private void run() {
        Sight sight;
        try {
            sight = opener.apply(() -> signal.offer(true));
        } catch (RuntimeException | LinkageError failed) {
            LOG.log(System.Logger.Level.ERROR, "no search for " + name, failed);
            news.accept(Picture.unseen("can't begin: " + failed));
            return;
        }
        Runnable look = () -> signal.offer(true);
        heart.tell(look);
        try (sight) {
            Picture told = Picture.unseen("");
            while (!closed) {
                await();
                long begun = System.nanoTime();
                Picture now = doubt.news(heart.onto(sight.look()), begun);
                if (!closed && !now.equals(told)) {
                    told = now;
                    tell(now);
                }
                long end = System.nanoTime();
                settled |= now.seen() || end - hurryUntil > 0;
                notBefore = settled ? end + Math.min(LONGEST.toNanos(), REST * (end - begun)) : end;
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        } finally {
            heart.forget(look);
        }
    }

    private void await() throws InterruptedException {
        OptionalLong due = doubt.due();
        if (due.isEmpty()) {
            signal.take();
        } else {
            signal.poll(Math.max(1, due.getAsLong() - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
        Duration gather = settled ? GATHER : GATHER_FIRST;
        Thread.sleep(Duration.ofNanos(Math.max(gather.toNanos(), notBefore - System.nanoTime())));
        signal.clear();
    }

    private void tell(Picture picture) {
        try {
            news.accept(picture);
        } catch (RuntimeException wrong) {
            LOG.log(System.Logger.Level.ERROR, "news of " + name + " could not be taken", wrong);
        }
    }

    /** Waits a moment for its watches to end: who closes the client next would make them complain. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            if (!Thread.currentThread().equals(thread) && !thread.join(ENDS)) {
                LOG.log(System.Logger.Level.DEBUG, "{0} is still ending", name);
            }
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }
}
