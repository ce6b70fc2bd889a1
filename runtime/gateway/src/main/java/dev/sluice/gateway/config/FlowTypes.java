package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Policies of flow control: llm-d's by name, and ours. The gateway itself is what they are made of. */
final class FlowTypes {
    /** What a policy decides. */
    enum Role {
        FAIRNESS("fairness policy"),
        ORDERING("ordering policy"),
        USAGE_LIMIT("usage limit policy"),
        SATURATION("saturation detector"),
        EVICTION_FILTER("eviction filter"),
        EVICTION_ORDER("eviction order policy");

        private final String words;

        Role(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    /** @param parameters what may be written */
    record Type(String name, Role role, Class<? extends Record> parameters, String does) {}

    static final String STRICT = "global-strict-fairness-policy";
    static final String ROUND_ROBIN = "round-robin-fairness-policy";
    static final String PROGRAM_AWARE = "program-aware-fairness";
    static final String FAIR_SHARE = "fair-share-policy";
    static final String FCFS = "fcfs-ordering-policy";
    static final String EDF = "edf-ordering-policy";
    static final String SLO_DEADLINE = "slo-deadline-ordering-policy";
    static final String STATIC = "static-usage-limit-policy";
    static final String HOLDBACK = "priority-holdback-policy";
    static final String SOFT = "soft-reflective-ceiling-policy";
    static final String BATCH = "batch-holdback-policy";
    static final String PREDICTED_TTFT = "predicted-ttft-detector";
    static final String SHEDDABLE = "sheddable-eviction-filter";
    static final String PRIORITY_THEN_TIME = "priority-then-time-eviction-order-policy";
    static final String UTILIZATION = "utilization-detector";

    private static final Map<String, Type> ALL = new LinkedHashMap<>();

    static {
        add(STRICT, Role.FAIRNESS, NoConfig.class, "all flows of a band are one");
        add(ROUND_ROBIN, Role.FAIRNESS, NoConfig.class, "one request of each flow in turn");
        add(PROGRAM_AWARE, Role.FAIRNESS, ProgramAware.class, "who had the least tokens lately, or waits longest");
        add(FAIR_SHARE, Role.FAIRNESS, FairShare.class, "by weight, in predicted milliseconds of work");
        add(FCFS, Role.ORDERING, NoConfig.class, "in order of arrival");
        add(EDF, Role.ORDERING, NoConfig.class, "whose time to wait is over first");
        add(SLO_DEADLINE, Role.ORDERING, NoConfig.class, "whose first token is due first");
        add(STATIC, Role.USAGE_LIMIT, Static.class, "one ceiling for all bands");
        add(HOLDBACK, Role.USAGE_LIMIT, Holdback.class, "a lower ceiling for each lower band");
        add(SOFT, Role.USAGE_LIMIT, NoConfig.class, "ceilings that sink with saturation, and open now and then");
        add(BATCH, Role.USAGE_LIMIT, Batch.class, "a lower ceiling for priorities below 0");
        add(
                PREDICTED_TTFT,
                Role.SATURATION,
                PredictedTtft.class,
                "how long the least loaded endpoint lets a prompt wait");
        add(SHEDDABLE, Role.EVICTION_FILTER, NoConfig.class, "requests of priorities below 0");
        add(
                PRIORITY_THEN_TIME,
                Role.EVICTION_ORDER,
                NoConfig.class,
                "the lowest priority first, of those the one that was dispatched last");
    }

    private FlowTypes() {}

    private static void add(String name, Role role, Class<? extends Record> parameters, String does) {
        ALL.put(name, new Type(name, role, parameters, does));
    }

    static Optional<Type> find(String name) {
        return Optional.ofNullable(ALL.get(name));
    }

    static Iterable<Type> all() {
        return ALL.values();
    }

    /** What the table of llm-d's types says of one. */
    static LlmdType.State state(String name) {
        Type type = find(name).orElseThrow();
        return new LlmdType.Gateway(type.parameters(), type.role().words() + ": " + type.does());
    }

    /** Of {@code program-aware-fairness}. */
    record ProgramAware(
            @Doc("Least attained service.") @Default("las") @OneOf("las")
            String strategy,

            @Doc("Weight of what a flow had.") @Default("0.8") @Range(min = 0, max = 1e6)
            double lasWeightService,

            @Doc("Weight of how long its first request waits.") @Default("0.2") @Range(min = 0, max = 1e6)
            double lasWeightHeadWait,

            @Doc("Half-life of what it had, seconds.") @Default("60") @Range(min = 0.001, max = 1e9)
            double lasHalfLifeSeconds,

            @Doc("A flow is forgotten after so many seconds.") @Default("3600") @Range(min = 0, max = 1e9)
            double evictionTtlSeconds,

            @Doc("Has no effect: flows are forgotten as others are heard of.")
            @Default("300")
            @Range(min = 0, max = 1e9)
            double evictionSweepSeconds) {
        Duration halfLife() {
            return Duration.ofNanos((long) (lasHalfLifeSeconds * 1e9));
        }

        Duration forget() {
            return Duration.ofNanos((long) (evictionTtlSeconds * 1e9));
        }
    }

    /** Of {@code fair-share-policy}. */
    record FairShare(
            @Doc("Unused share that a flow may save up: milliseconds of work of a flow of weight 1.")
            @Default("500ms")
            @Range(min = 0, max = 3600)
            Duration saved) {}

    /** Of {@code static-usage-limit-policy}. */
    record Static(
            @Doc("Saturation that holds all bands back.") @Default("1.0") @Range(min = 0.001, max = 1e6)
            double threshold) {}

    /** Of {@code priority-holdback-policy}. */
    record Holdback(
            @Doc("Ceiling of the lowest band.") @Range(min = 0, max = 1)
            double minCeiling,

            @Doc("Ceiling of the highest.") @Default("1.0") @Range(min = 0, max = 1e6)
            double maxCeiling,

            @Doc("How ceilings go from one to the other.") @Default("linear") @OneOf("linear")
            String shape,

            @Doc("By the rank of the bands, or by the values of their priorities.")
            @Default("rank")
            @OneOf({"rank", "value"})
            String domain) {
        Holdback {
            if (minCeiling >= 1 || minCeiling > maxCeiling) {
                throw new ConfigException("minCeiling must be below 1 and not above maxCeiling");
            }
        }
    }

    /** Of {@code batch-holdback-policy}. */
    record Batch(
            @Doc("Saturation that holds priorities below 0 back.") @Default("0.5") @Range(min = 0.001, max = 1e6)
            double batchCeiling,

            @Doc("Saturation that holds all back.") @Default("1.0") @Range(min = 0.001, max = 1e6)
            double ceiling) {}

    /** Of {@code predicted-ttft-detector}. */
    record PredictedTtft(
            @Doc("A pool is full when a prompt would wait so long in the endpoint where it would wait least.")
            @Default("500ms")
            @Range(min = 0.001, max = 3600)
            Duration ttft) {}
}
