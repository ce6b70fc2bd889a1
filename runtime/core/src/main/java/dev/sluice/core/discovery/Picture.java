package dev.sluice.core.discovery;

import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
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
 * @param rules what is said there of requests
 */
public record Picture(
        boolean seen, List<Found> found, List<Revision> revisions, List<String> problems, PoolRules rules) {
    /** Copies the lists. */
    public Picture {
        found = List.copyOf(found);
        revisions = List.copyOf(revisions);
        problems = List.copyOf(problems);
    }

    /** A picture of a place where nothing is said of requests. */
    public Picture(boolean seen, List<Found> found, List<Revision> revisions, List<String> problems) {
        this(seen, found, revisions, problems, PoolRules.NONE);
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
        return new Picture(seen, found, revisions, more, rules);
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
     * @param scaling how many endpoints it has by whose will
     */
    public record Revision(
            String name,
            String namespace,
            String service,
            OptionalInt percent,
            List<String> doors,
            String broken,
            Scaling scaling) {
        /** One of which is not said how it scales. */
        public Revision(
                String name, String namespace, String service, OptionalInt percent, List<String> doors, String broken) {
            this(name, namespace, service, percent, doors, broken, Scaling.UNKNOWN);
        }

        /** Copies the doors. */
        public Revision {
            doors = List.copyOf(doors);
        }

        /** True when requests go to it. */
        public boolean wanted() {
            return percent.orElse(100) > 0;
        }
    }

    /**
     * How a revision scales.
     *
     * @param role of its endpoints
     * @param perEndpoint requests at a time that its autoscaler gives to one; NaN when it counts something else
     * @param least endpoints that it has at least
     * @param floor what that was before somebody raised it ahead of need
     * @param until before which nobody lowers it again, ms since 1970; 0 when nobody has raised it
     */
    public record Scaling(Role role, double perEndpoint, int least, int floor, long until) {
        /** Nothing is said. */
        public static final Scaling UNKNOWN = new Scaling(Role.BOTH, Double.NaN, 0, 0, 0);
    }
}
