package dev.sluice.gateway;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.EndpointStatus;
import dev.sluice.core.discovery.EndpointSource.Rang;
import dev.sluice.core.discovery.Picture;
import dev.sluice.core.wake.StartTimes;
import dev.sluice.core.wake.WakeCycle;
import dev.sluice.gateway.admin.PoolStatus;
import dev.sluice.spi.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Wakes what a pool's requests need: all of its revisions that have no endpoint in service, prefill and decode together, by one
 * ring each however many requests wait. The requests themselves wait in the pool's own queue. While others generate, what only computes
 * prompts for them is woken by requests that would have used it, and not by each: an autoscaler that has put it to sleep saw that nobody did.
 */
final class Waking implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.sluice.wake");
    private static final Duration RING = Duration.ofSeconds(60);

    /** Rings at a revision's doors. */
    @FunctionalInterface
    interface Bell {
        /** Waits until somebody answers, at most so long. */
        Rang ring(Picture.Revision revision, Duration most) throws InterruptedException;
    }

    private final Bell bell;
    private final Consumer<String> ended;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, WakeCycle> cycles = new LinkedHashMap<>();
    /** By service: a new revision starts about as fast as the one before. */
    private final Map<String, StartTimes> times = new LinkedHashMap<>();

    private volatile Picture picture = Picture.unseen("nothing has been heard yet");
    private volatile Map<String, Integer> serving = Map.of();
    private volatile boolean sleepers;
    private volatile boolean generates;
    private volatile boolean able;
    private volatile boolean closed;
    private volatile long patience = Duration.ofMinutes(2).toNanos();
    private volatile Optional<Duration> progress = Optional.empty();

    /** @param ended told how each waking has ended */
    Waking(Bell bell, Consumer<String> ended) {
        this.bell = bell;
        this.ended = ended;
    }

    /** How long requests may wait for a start, ns. */
    long patience() {
        return patience;
    }

    void patience(Duration most) {
        patience = most.toNanos();
    }

    /** How often clients that wait for a start are told that they do; empty: not. */
    Optional<Duration> progress() {
        return progress;
    }

    void progress(Optional<Duration> every) {
        progress = every;
    }

    /** What a search has found. */
    void picture(Picture next) {
        picture = next;
        able = next.revisions().stream().anyMatch(r -> r.wanted() && !r.doors().isEmpty());
    }

    /** True when there is something that can be woken. */
    boolean able() {
        return able;
    }

    /** A request needs the pool. Costs two reads while everything is awake. */
    void ask() {
        ask(!generates);
    }

    /** A request's prompt would have been computed elsewhere, and nobody is there. */
    void askForPrefill() {
        ask(true);
    }

    private void ask(boolean prefill) {
        if (!able || !sleepers) {
            return;
        }
        List<Picture.Revision> due = new ArrayList<>();
        long now = System.nanoTime();
        lock.lock();
        try {
            for (Picture.Revision revision : picture.revisions()) {
                boolean wakes = revision.wanted() && !revision.doors().isEmpty() && (prefill || generates(revision));
                if (wakes
                        && !serving.containsKey(revision.name())
                        && cycle(revision).ask(now)) {
                    due.add(revision);
                }
            }
        } finally {
            lock.unlock();
        }
        due.forEach(
                revision -> Thread.ofVirtual().name("ring-" + revision.name()).start(() -> ring(revision)));
    }

    private static boolean generates(Picture.Revision revision) {
        return revision.scaling().role() != Role.PREFILL;
    }

    private void ring(Picture.Revision revision) {
        LOG.log(System.Logger.Level.INFO, "waking revision {0}", revision.name());
        Rang how;
        try {
            how = bell.ring(revision, RING);
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            how = Rang.FAILED;
        } catch (RuntimeException broken) {
            LOG.log(System.Logger.Level.WARNING, "ringing at " + revision.name() + " failed", broken);
            how = Rang.FAILED;
        }
        if (closed) {
            return;
        }
        if (how != Rang.ANSWERED && how != Rang.NOT_YET) {
            LOG.log(System.Logger.Level.WARNING, "revision {0} can''t be woken now: {1}", revision.name(), how);
            ended.accept(how.name().toLowerCase(java.util.Locale.ROOT));
        }
        lock.lock();
        try {
            cycle(revision).rang(how, System.nanoTime());
        } finally {
            lock.unlock();
        }
    }

    private WakeCycle cycle(Picture.Revision revision) {
        return cycles.computeIfAbsent(
                revision.name(),
                name -> new WakeCycle(times.computeIfAbsent(
                        revision.service().isEmpty() ? name : revision.service(), service -> new StartTimes())));
    }

    /** Some times a second: what is in service, and whether anybody waits. */
    void tick(Supplier<List<EndpointReport>> reports, boolean waited) {
        Picture seen = picture;
        if (seen.revisions().isEmpty()) {
            return;
        }
        Map<String, String> revisionOf = new LinkedHashMap<>();
        seen.found().forEach(f -> revisionOf.put(f.endpoint().id(), f.revision()));
        Map<String, Integer> up = new LinkedHashMap<>();
        for (EndpointReport report : reports.get()) {
            if (report.status() == EndpointStatus.READY || report.status() == EndpointStatus.SLOW_START) {
                up.merge(revisionOf.getOrDefault(report.endpoint().id(), ""), 1, Integer::sum);
            }
        }
        List<String> ends = new ArrayList<>();
        boolean sleeping = false;
        boolean generating = false;
        lock.lock();
        try {
            long now = System.nanoTime();
            serving = up;
            List<String> names = new ArrayList<>();
            for (Picture.Revision revision : seen.revisions()) {
                names.add(revision.name());
                int running = up.getOrDefault(revision.name(), 0);
                sleeping |= running == 0 && revision.wanted();
                generating |= running > 0 && generates(revision);
                cycle(revision).look(running, waited, now).ifPresent(end -> ends.add(end.label()));
            }
            cycles.keySet().retainAll(names);
        } finally {
            lock.unlock();
        }
        generates = generating;
        sleepers = sleeping;
        ends.forEach(ended);
        if (waited && sleeping) {
            ask();
        }
    }

    /** How long until the pool is in service, ns; empty when that was never seen. */
    OptionalLong eta() {
        long now = System.nanoTime();
        lock.lock();
        try {
            OptionalLong longest = OptionalLong.empty();
            for (Picture.Revision revision : picture.revisions()) {
                if (revision.wanted()) {
                    OptionalLong one = cycle(revision).eta(now);
                    if (one.isPresent() && one.getAsLong() > longest.orElse(0)) {
                        longest = one;
                    }
                }
            }
            return longest;
        } finally {
            lock.unlock();
        }
    }

    /** As an operator sees it. */
    PoolStatus.Search status() {
        Picture seen = picture;
        List<PoolStatus.Revision> rows = new ArrayList<>();
        long now = System.nanoTime();
        lock.lock();
        try {
            for (Picture.Revision revision : seen.revisions()) {
                WakeCycle cycle = cycle(revision);
                OptionalLong eta = cycle.eta(now);
                rows.add(new PoolStatus.Revision(
                        revision.name(),
                        revision.service(),
                        revision.percent(),
                        cycle.state().label(),
                        eta.isPresent() ? OptionalLong.of(eta.getAsLong() / 1_000_000) : eta,
                        revision.broken()));
            }
        } finally {
            lock.unlock();
        }
        return new PoolStatus.Search(seen.seen(), seen.problems(), rows);
    }

    @Override
    public void close() {
        closed = true;
    }
}
