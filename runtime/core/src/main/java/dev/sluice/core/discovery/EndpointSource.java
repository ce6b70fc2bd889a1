package dev.sluice.core.discovery;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Finds endpoints. Implemented outside of core, so that a gateway whose endpoints are written down can do without. */
public interface EndpointSource extends AutoCloseable {
    /** Finds nothing, and says so. */
    EndpointSource NONE = new EndpointSource() {
        @Override
        public Watching watch(Wanted wanted, Consumer<Picture> news) {
            news.accept(Picture.unseen("this gateway was started without a reader of Kubernetes"));
            return () -> {};
        }

        @Override
        public Rang ring(Picture.Revision revision, Duration most) {
            return Rang.FAILED;
        }

        @Override
        public List<String> missing(Wanted wanted) {
            return List.of();
        }

        @Override
        public void close() {}
    };

    /**
     * Begins to look. Returns at once, whether the place to look at can be reached or not; it is tried for as long as it takes.
     *
     * @param news told of every change, never from two threads at once; must not wait for long. What it is told is whole: the
     *     newest picture replaces the ones before. While the place can't be reached, the last picture stands.
     */
    Watching watch(Wanted wanted, Consumer<Picture> news);

    /**
     * Wakes a revision that has no endpoint: asks at one of its doors for something cheap, and waits until somebody answers.
     *
     * @param most how long to wait
     */
    Rang ring(Picture.Revision revision, Duration most) throws InterruptedException;

    /**
     * Sets how many endpoints a revision has at least. May wait.
     *
     * @param until before which nobody should lower it again, ms since 1970; 0 when it is back at what its owner set
     * @return why it could not be done; empty when it was
     */
    default Optional<String> scale(Picture.Revision revision, int least, long until) {
        return Optional.of("nobody can scale it from here");
    }

    /** What this process may not do that the search needs, in words, such as {@code list pods in namespace models}. Asks, so it may wait. */
    List<String> missing(Wanted wanted);

    /** What it may not do that {@link #scale} needs beside that, in words. Asks, so it may wait. */
    default List<String> missingToScale(Wanted wanted) {
        return List.of();
    }

    /** Ends all searches. */
    @Override
    void close();

    /** A search under way. */
    interface Watching extends AutoCloseable {
        /** Ends it; after a short while no more news comes. */
        @Override
        void close();
    }

    /** What came of ringing. */
    enum Rang {
        /** Somebody answered: an endpoint is up. */
        ANSWERED,
        /** Nobody did in time; it may be on its way. */
        NOT_YET,
        /** Too many wait there already, or it is being taken down. */
        REFUSED,
        /** There is no such revision. */
        GONE,
        /** Nobody opened. */
        FAILED
    }
}
