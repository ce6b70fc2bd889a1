package dev.sluice.gateway.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The meters of one pool, tenant and route: what a request counts on its way. Get it once per request from
 * {@link Meters#lane}; calls neither lock nor allocate once a combination of labels has been seen. Durations in ns.
 */
public final class Lane {
    private final Timer duration;
    private final Timer firstToken;
    private final Timer perToken;
    private final Timer queue;
    private final Counter hit;
    private final Counter predicted;
    private final FewCounters requests;
    private final FewCounters prompt;
    private final FewCounters cached;
    private final FewCounters generated;

    Lane(MeterRegistry registry, String pool, String tenant, String route) {
        Tags ofPool = Tags.of("pool", pool);
        Tags ofRoute = ofPool.and("route", route);
        Tags ofTenant = ofPool.and("tenant", tenant);
        duration = timer(registry, "request.duration", "Time of a whole request", Buckets.REQUEST, ofRoute);
        firstToken = timer(
                registry,
                "time.to.first.token",
                "Time from a request's arrival to its first token on the way to the client",
                Buckets.FIRST_TOKEN,
                ofRoute);
        perToken = timer(
                registry,
                "time.per.output.token",
                "Mean time per output token after the first, one value per request",
                Buckets.PER_TOKEN,
                ofRoute);
        queue = timer(registry, "queue.duration", "Time that a request waited for a place", Buckets.QUEUE, ofPool);
        hit = Counter.builder("sluice.prefix.hit.tokens")
                .description("Prompt tokens that engines say they found in their prefix cache")
                .tags(ofPool)
                .register(registry);
        predicted = Counter.builder("sluice.prefix.predicted.tokens")
                .description("Prompt tokens that the index said the chosen engine would find")
                .tags(ofPool)
                .register(registry);
        requests = new FewCounters((status, reason) -> Counter.builder("sluice.requests")
                .description("Requests by what the client was sent (499: it left) and why")
                .tags(ofTenant.and("route", route, "status", status.toString(), "reason", reason))
                .register(registry));
        prompt = tokens(registry, ofTenant, "prompt");
        cached = tokens(registry, ofTenant, "cached");
        generated = tokens(registry, ofTenant, "generated");
    }

    private static Timer timer(MeterRegistry registry, String name, String help, Duration[] buckets, Tags tags) {
        return Timer.builder("sluice." + name)
                .description(help)
                .serviceLevelObjectives(buckets)
                .tags(tags)
                .register(registry);
    }

    private static FewCounters tokens(MeterRegistry registry, Tags tags, String kind) {
        return new FewCounters((ignored, model) -> Counter.builder("sluice.tokens")
                .description("Tokens by the engines' own count: prompt, those of it that were cached, generated")
                .tags(tags.and("model", model, "kind", kind))
                .register(registry));
    }

    /**
     * A client's request has ended.
     *
     * @param status what the client was sent; 499 when it left before
     * @param reason {@code ok}, an error code of the gateway, or {@code cancelled}
     */
    public void ended(int status, String reason, long nanos) {
        requests.get(status, reason).increment();
        duration.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A request that was refused before it was one, such as a bad head: it counts, and has no duration. */
    public void refused(int status, String reason) {
        requests.get(status, reason).increment();
    }

    /** The first token is on its way to the client. */
    public void firstToken(long nanos) {
        firstToken.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Mean time per output token after the first, of one request. */
    public void perToken(long nanos) {
        perToken.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Tokens of one request by the engine's own count; negative is unknown and counts nothing. */
    public void tokens(String model, long prompt, long cached, long generated) {
        count(this.prompt, model, prompt);
        count(this.cached, model, cached);
        count(this.generated, model, generated);
    }

    private static void count(FewCounters counters, String model, long tokens) {
        if (tokens >= 0) {
            counters.get(0, model).increment((double) tokens);
        }
    }

    /** Prompt tokens that were predicted to be cached, and those that the engine found; negative is unknown. */
    public void prefix(long predicted, long hit) {
        if (predicted > 0) {
            this.predicted.increment((double) predicted);
        }
        if (hit > 0) {
            this.hit.increment((double) hit);
        }
    }

    /** Time that a request waited for a place. */
    public void queued(long nanos) {
        queue.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Those that end when the tenant is gone. */
    List<Meter> ofTenant() {
        List<Meter> meters = new ArrayList<>();
        for (FewCounters counters : List.of(requests, prompt, cached, generated)) {
            meters.addAll(counters.all());
        }
        return meters;
    }

    /** Those that end when the pool is gone. */
    List<Meter> ofPool() {
        List<Meter> meters = ofTenant();
        meters.addAll(List.of(duration, firstToken, perToken, queue, hit, predicted));
        return meters;
    }
}
