package dev.sluice.gateway;

import dev.sluice.core.EndpointReport;
import dev.sluice.core.discovery.Picture;
import dev.sluice.core.prewarm.ArrivalForecast;
import dev.sluice.core.prewarm.ScaleAhead;
import dev.sluice.core.prewarm.WorkPerRequest;
import dev.sluice.gateway.config.PrewarmConfig;
import dev.sluice.gateway.metrics.PoolView;
import dev.sluice.spi.Role;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Watches what comes to a pool and what it costs, says what will come, and sees that revisions have pods before it does. Ticks come
 * from one thread; patches go out from threads of their own, one at a time for a revision.
 */
final class Prewarming {
    private static final System.Logger LOG = System.getLogger("dev.sluice.prewarm");
    private static final long LOOK_NS = 1_000_000_000L;
    /** A patch that was made is seen through the watch by then. */
    private static final long SETTLES_NS = 5_000_000_000L;

    /** Sets how many pods a revision has at least; says why it could not. */
    @FunctionalInterface
    interface Scaler {
        Optional<String> scale(Picture.Revision revision, int least, long until);
    }

    private final String pool;
    private final Scaler scaler;
    private final Consumer<String> outcome;
    private final ArrivalForecast forecast = new ArrivalForecast();
    private final Map<Role, WorkPerRequest> work = new EnumMap<>(Role.class);
    private final Map<String, ScaleAhead.Change> imagined = new LinkedHashMap<>();
    private final Map<String, Long> patched = new LinkedHashMap<>();
    private final Set<String> busy = ConcurrentHashMap.newKeySet();
    private final Set<String> failures = ConcurrentHashMap.newKeySet();
    private volatile PrewarmConfig config;
    private volatile PoolView.Forecast seen = new PoolView.Forecast(0, 0, Map.of(), Map.of(), Map.of());
    private long arrived;
    private long looked = Long.MIN_VALUE;

    /** @param outcome told of each change: {@code changed}, {@code failed} */
    Prewarming(String pool, PrewarmConfig config, Scaler scaler, Consumer<String> outcome) {
        this.pool = pool;
        this.config = config;
        this.scaler = scaler;
        this.outcome = outcome;
    }

    void config(PrewarmConfig next) {
        config = next;
    }

    /** What is forecast. */
    PoolView.Forecast seen() {
        return seen;
    }

    /**
     * Looks, at most once a second.
     *
     * @param total requests that have come, ever
     * @param nanos a clock that never goes back
     * @param time ms since 1970
     */
    void tick(List<EndpointReport> reports, long total, List<Picture.Revision> revisions, long nanos, long time) {
        if (looked == Long.MIN_VALUE) {
            looked = nanos;
            arrived = total;
        }
        if (nanos - looked < LOOK_NS) {
            return;
        }
        double passed = (nanos - looked) / 1e9;
        long came = total - arrived;
        looked = nanos;
        arrived = total;
        forecast.arrived(came, time / 1000);
        Map<Role, Integer> inFlight = new EnumMap<>(Role.class);
        reports.forEach(report -> inFlight.merge(report.endpoint().role(), report.inFlight(), Integer::sum));
        inFlight.forEach((role, n) ->
                work.computeIfAbsent(role, r -> new WorkPerRequest()).look(passed, came, n));
        plan(revisions, nanos, time);
    }

    private void plan(List<Picture.Revision> revisions, long nanos, long time) {
        PrewarmConfig its = config;
        long second = time / 1000;
        double now = forecast.rate(second, 0);
        double ahead = forecast.rate(second, its.lead().toSeconds());
        double most = Math.max(now, ahead);
        double expected = forecast.within(second, its.hold().toSeconds());
        Map<String, Double> seconds = new LinkedHashMap<>();
        Map<String, Double> concurrency = new LinkedHashMap<>();
        work.forEach((role, each) -> {
            if (!Double.isNaN(each.seconds())) {
                seconds.put(role.label(), each.seconds());
                concurrency.put(role.label(), most * each.seconds());
            }
        });
        Map<String, Integer> pods = new LinkedHashMap<>();
        Map<Role, Set<String>> services = new EnumMap<>(Role.class);
        revisions.stream()
                .filter(Picture.Revision::wanted)
                .forEach(r -> services.computeIfAbsent(r.scaling().role(), role -> new HashSet<>())
                        .add(r.service()));
        ScaleAhead rule = new ScaleAhead(its.most(), its.hold().toMillis());
        for (Picture.Revision revision : revisions) {
            Picture.Scaling scaling = revision.scaling();
            double share = revision.percent().orElse(100)
                    / 100.0
                    / Math.max(
                            1, services.getOrDefault(scaling.role(), Set.of()).size());
            double perPod = its.target().isPresent() ? its.target().getAsInt() : scaling.perEndpoint();
            WorkPerRequest each = work.get(scaling.role());
            double cost = each == null || Double.isNaN(perPod) ? Double.NaN : each.seconds();
            int wanted = ScaleAhead.pods(expected * share, most * share, cost, Double.isNaN(perPod) ? 1 : perPod);
            pods.put(revision.name(), wanted);
            rule.decide(wanted, standing(its, revision), time).ifPresent(change -> {
                String why = "%.2f requests/s now, %.2f in %d s, %.2f s of %s each, %.1f per pod"
                        .formatted(
                                now,
                                ahead,
                                its.lead().toSeconds(),
                                cost,
                                scaling.role().label(),
                                perPod);
                change(its, revision, change, why, nanos);
            });
        }
        imagined.keySet().retainAll(pods.keySet());
        patched.keySet().retainAll(pods.keySet());
        seen = new PoolView.Forecast(now, ahead, seconds, concurrency, pods);
    }

    /** As the object says; in a dry run as it would say. */
    private ScaleAhead.Now standing(PrewarmConfig its, Picture.Revision revision) {
        Picture.Scaling scaling = revision.scaling();
        ScaleAhead.Change would = its.mode() == PrewarmConfig.Mode.DRY_RUN ? imagined.get(revision.name()) : null;
        return would == null
                ? new ScaleAhead.Now(scaling.least(), scaling.floor(), scaling.until())
                : new ScaleAhead.Now(Math.max(would.least(), scaling.floor()), scaling.floor(), would.until());
    }

    private void change(
            PrewarmConfig its, Picture.Revision revision, ScaleAhead.Change change, String why, long nanos) {
        String name = revision.name();
        if (its.mode() == PrewarmConfig.Mode.DRY_RUN) {
            ScaleAhead.Change before = imagined.put(name, change);
            if (before == null || before.least() != change.least()) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "pool {0}: {1} would get min-scale {2}: {3}",
                        pool,
                        name,
                        Integer.toString(change.least()),
                        why);
            }
            return;
        }
        Long last = patched.get(name);
        if ((last != null && nanos - last < SETTLES_NS) || !busy.add(name)) {
            return;
        }
        patched.put(name, nanos);
        Thread.ofVirtual().name("prewarm-" + name).start(() -> patch(revision, change, why));
    }

    private void patch(Picture.Revision revision, ScaleAhead.Change change, String why) {
        boolean done = false;
        try {
            done = set(revision, change, why);
        } catch (RuntimeException broken) {
            LOG.log(System.Logger.Level.WARNING, "min-scale of " + revision.name() + " could not be set", broken);
        } finally {
            busy.remove(revision.name()); // before it is told: who hears of it may look again at once
            outcome.accept(done ? "changed" : "failed");
        }
    }

    private boolean set(Picture.Revision revision, ScaleAhead.Change change, String why) {
        Optional<String> problem = scaler.scale(revision, change.least(), change.until());
        if (problem.isPresent()) {
            if (failures.add(problem.get())) {
                LOG.log(System.Logger.Level.WARNING, "pool {0}: no pods ahead of need: {1}", pool, problem.get());
            }
            return false;
        }
        failures.clear();
        if (change.least() != revision.scaling().least()) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "pool {0}: {1} has min-scale {2} now: {3}",
                    pool,
                    revision.name(),
                    Integer.toString(change.least()),
                    why);
        }
        return true;
    }
}
