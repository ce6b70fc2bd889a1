package dev.sluice.spi.testkit;

import dev.sluice.spi.Attributes;
import dev.sluice.spi.Candidates;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Role;
import dev.sluice.spi.Signal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Endpoints with numbers. What is not set is unknown (NaN). They are lent for a call, as the gateway's are: after {@link
 * #end} every use counts as a trespass.
 */
public final class TestCandidates implements Candidates, Attributes {
    private final List<Endpoint> endpoints;
    private final Map<Signal, double[]> signals;
    private final Map<String, double[]> attributes;
    private final Moment moment;
    private final AtomicInteger trespasses = new AtomicInteger();
    private volatile boolean over;

    /** What is not about a single endpoint. */
    private record Moment(Optional<Endpoint> peer, long seed, long takenAt) {
        static final Moment PLAIN = new Moment(Optional.empty(), 1, 0);
    }

    private TestCandidates(
            List<Endpoint> endpoints, Map<Signal, double[]> signals, Map<String, double[]> attributes, Moment moment) {
        this.endpoints = List.copyOf(endpoints);
        this.signals = signals;
        this.attributes = attributes;
        this.moment = moment;
    }

    /** So many endpoints {@code e0}, {@code e1}, … in zones {@code a}, {@code b} and {@code c}, nothing else known. */
    public static TestCandidates of(int count) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            endpoints.add(
                    endpoint("e" + i, Map.of("zone", List.of("a", "b", "c").get(i % 3))));
        }
        return of(endpoints);
    }

    /** These endpoints. */
    public static TestCandidates of(List<Endpoint> endpoints) {
        return new TestCandidates(endpoints, new TreeMap<>(), new ConcurrentSkipListMap<>(), Moment.PLAIN);
    }

    /** An endpoint that does everything. */
    public static Endpoint endpoint(String id, Map<String, String> labels) {
        return new Endpoint(id, "10.0.0.1:8000", Role.BOTH, labels);
    }

    /** The same endpoints with likely numbers for all signals, and about a tenth of them unknown. */
    public TestCandidates withRandomSignals(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TestCandidates filled = this;
        for (Signal signal : Signal.values()) {
            double[] values = new double[endpoints.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = random.nextInt(10) == 0 ? Double.NaN : likely(signal, random);
            }
            filled = filled.with(signal, values);
        }
        return filled;
    }

    private static double likely(Signal signal, SplittableRandom random) {
        return switch (signal) {
            case KV_USAGE, CACHE_FILL, SLOW_START -> random.nextDouble();
            case SESSION, ADAPTER_RUNNING, ADAPTER_WAITING -> random.nextInt(2);
            case ADAPTERS, MAX_ADAPTERS -> random.nextInt(8);
            case BLOCK_SIZE -> 16;
            case PROMPT_TOKENS -> 1000;
            case OUTPUT_TOKENS -> 200;
            case PREFILL_RATE -> 1000 + random.nextInt(50_000);
            case TOKEN_TIME_MS, TOKEN_TIME_SLOPE_MS, OVERHEAD_MS -> random.nextDouble() * 20;
            default -> random.nextInt(1000);
        };
    }

    /** The same with a signal, one value per endpoint; NaN for unknown. */
    public TestCandidates with(Signal signal, double... values) {
        Map<Signal, double[]> more = new TreeMap<>(signals);
        more.put(signal, checked(values));
        return new TestCandidates(endpoints, more, attributes, moment);
    }

    /** The same with an attribute, one value per endpoint; NaN for unknown. */
    public TestCandidates with(String attribute, double... values) {
        Map<String, double[]> more = new ConcurrentSkipListMap<>(attributes);
        more.put(attribute, checked(values));
        return new TestCandidates(endpoints, signals, more, moment);
    }

    /** The same beside what the profile before picked. */
    public TestCandidates beside(Endpoint peer) {
        return new TestCandidates(
                endpoints, signals, attributes, new Moment(Optional.of(peer), moment.seed, moment.takenAt));
    }

    /** The same in a decision for which another number was drawn. */
    public TestCandidates withSeed(long seed) {
        return new TestCandidates(endpoints, signals, attributes, new Moment(moment.peer, seed, moment.takenAt));
    }

    /** The same at another time, ns. */
    public TestCandidates at(long nanos) {
        return new TestCandidates(endpoints, signals, attributes, new Moment(moment.peer, moment.seed, nanos));
    }

    private double[] checked(double[] values) {
        if (values.length != endpoints.size()) {
            throw new IllegalArgumentException(values.length + " values for " + endpoints.size() + " endpoints");
        }
        return values.clone();
    }

    /** The same in the opposite order. */
    public TestCandidates reversed() {
        Map<Signal, double[]> backSignals = new TreeMap<>();
        signals.forEach((signal, values) -> backSignals.put(signal, backwards(values)));
        Map<String, double[]> backAttributes = new ConcurrentSkipListMap<>();
        attributes.forEach((name, values) -> backAttributes.put(name, backwards(values)));
        return new TestCandidates(endpoints.reversed(), backSignals, backAttributes, moment);
    }

    private static double[] backwards(double[] values) {
        double[] back = new double[values.length];
        for (int i = 0; i < back.length; i++) {
            back[i] = values[values.length - 1 - i];
        }
        return back;
    }

    /** The same with attributes of its own. */
    TestCandidates copy() {
        Map<String, double[]> its = new ConcurrentSkipListMap<>();
        attributes.forEach((name, values) -> its.put(name, values.clone()));
        return new TestCandidates(endpoints, signals, its, moment);
    }

    /** The call is over: whoever looks at these from now on does what it must not. */
    public void end() {
        over = true;
    }

    /** Uses since {@link #end}. */
    public int trespasses() {
        return trespasses.get();
    }

    private void used() {
        if (over) {
            trespasses.incrementAndGet();
        }
    }

    @Override
    public int size() {
        used();
        return endpoints.size();
    }

    @Override
    public Endpoint endpoint(int index) {
        used();
        return endpoints.get(index);
    }

    @Override
    public double signal(int index, Signal signal) {
        used();
        double[] values = signals.get(signal);
        return values == null ? Double.NaN : values[index];
    }

    @Override
    public double attribute(int index, String name) {
        used();
        double[] values = attributes.get(name);
        return values == null ? Double.NaN : values[index];
    }

    @Override
    public void set(int candidate, String name, double value) {
        used();
        attributes
                .computeIfAbsent(name, n -> {
                    double[] fresh = new double[endpoints.size()];
                    Arrays.fill(fresh, Double.NaN);
                    return fresh;
                })[candidate] = value;
    }

    @Override
    public Optional<Endpoint> peer() {
        used();
        return moment.peer;
    }

    @Override
    public long seed() {
        used();
        return moment.seed;
    }

    @Override
    public long takenAt() {
        used();
        return moment.takenAt;
    }

    /** Names of all attributes that were set. */
    public List<String> attributeNames() {
        return List.copyOf(attributes.keySet());
    }
}
