package dev.sluice.core.discovery;

import dev.sluice.spi.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Everything that a search has found, at one moment.
 *
 * @param seen true when the place has answered, so that no endpoints means that there are none
 * @param found in an order of their own, the same for the same endpoints
 * @param revisions of which endpoints come and go; empty where nobody wakes anything
 * @param problems what stands in the way, in words
 */
public record Picture(boolean seen, List<Found> found, List<Revision> revisions, List<String> problems) {
    /** Copies the lists. */
    public Picture {
        found = List.copyOf(found);
        revisions = List.copyOf(revisions);
        problems = List.copyOf(problems);
    }

    /** Nothing is known yet. */
    public static Picture unseen(String why) {
        return new Picture(false, List.of(), List.of(), List.of(why));
    }

    /** The endpoints. */
    public List<Endpoint> endpoints() {
        return found.stream().map(Found::endpoint).toList();
    }

    /** The same with one more problem. */
    public Picture withProblem(String problem) {
        List<String> more = new ArrayList<>(problems);
        more.add(problem);
        return new Picture(seen, found, revisions, more);
    }

    /**
     * One endpoint.
     *
     * @param endpoint where requests go; its id is the pod's name
     * @param engine {@code host:port} of the engine itself, where its health, models and metrics are asked for: such questions
     *     must not look like load to whoever counts that in front of it
     * @param standing what is said of it there
     * @param reason for that, in words
     * @param revision that it belongs to; empty when there is none
     * @param concurrency most requests that it may get at a time; empty for no limit
     */
    public record Found(
            Endpoint endpoint,
            String engine,
            Standing standing,
            String reason,
            String revision,
            OptionalInt concurrency,
            EngineFacts facts) {}

    /**
     * One revision.
     *
     * @param name unique in its namespace
     * @param namespace of it
     * @param service whose revision it is: requests are split over the revisions of one service
     * @param percent share of the requests, 0..100; empty when nobody splits
     * @param doors {@code host:port} where a request for it wakes it, best first; empty when nothing does
     * @param broken why no endpoint can come up; empty when one can, as far as is known
     */
    public record Revision(
            String name, String namespace, String service, OptionalInt percent, List<String> doors, String broken) {
        /** Copies the doors. */
        public Revision {
            doors = List.copyOf(doors);
        }

        /** True when requests go to it. */
        public boolean wanted() {
            return percent.orElse(100) > 0;
        }
    }
}
