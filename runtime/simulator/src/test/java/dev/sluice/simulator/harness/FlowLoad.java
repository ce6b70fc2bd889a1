package dev.sluice.simulator.harness;

import dev.sluice.core.PoolSettings;
import dev.sluice.core.flow.FlowRules;
import dev.sluice.core.flow.Ticket;
import dev.sluice.simulator.EngineProfile;
import dev.sluice.simulator.fleet.Ask;
import dev.sluice.simulator.fleet.EventLoop;
import dev.sluice.simulator.fleet.Exchange;
import dev.sluice.simulator.fleet.Server;
import dev.sluice.simulator.fleet.VirtualGateway;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Open-loop load on four engines in virtual time: who asks how often, and what comes of it. */
final class FlowLoad {
    private static final long MS = 1_000_000;
    private static final long SECOND = 1000 * MS;
    private static final int ENGINES = 4;

    /**
     * A client.
     *
     * @param perSecond requests, Poisson
     * @param prompt tokens of a prompt, on average
     */
    record Client(String name, int priority, double weight, double perSecond, int prompt) {}

    /**
     * What came of one client's requests, of those that came after the first fifth.
     *
     * @param refused in the queue, or before it
     * @param perSecond that were answered to the end
     * @param goodput of these, with their first token within the objective
     */
    record Outcome(
            int sent,
            int completed,
            int refused,
            int other,
            double perSecond,
            double goodput,
            double p50,
            double p99,
            double tokensPerSecond) {
        String row() {
            return String.format(
                    Locale.ROOT,
                    "%7d sent %6d done %7d refused %3d other  %6.2f/s  goodput %6.2f/s  TTFT p50 %5.0f ms  p99 %5.0f ms",
                    sent,
                    completed,
                    refused,
                    other,
                    perSecond,
                    goodput,
                    p50,
                    p99);
        }
    }

    private final SplittableRandom random;
    private final EventLoop loop;
    private final VirtualGateway gateway;
    private final long until;
    private final double objectiveMs;
    /** Those that were refused as they came, of whom nothing else is kept: there may be millions. */
    private final Map<String, Integer> refusedAtOnce = new TreeMap<>();

    private final Map<String, List<Exchange>> exchanges = new LinkedHashMap<>();
    private Client next = new Client("", 0, 1, 0, 1);
    private int mostWaiting;
    private long mostBytes;

    FlowLoad(long seed, FlowRules rules, Duration patience, Duration length, double objectiveMs) {
        random = new SplittableRandom(seed);
        loop = new EventLoop(seed);
        until = length.toNanos();
        this.objectiveMs = objectiveMs;
        PoolSettings settings =
                new PoolSettings("load", 64, 16, 5, Duration.ofSeconds(1), Duration.ZERO, PoolSettings.Priors.DEFAULT);
        gateway =
                new VirtualGateway(
                        loop,
                        settings,
                        new VirtualGateway.Limits(rules, patience.toNanos(), 600 * SECOND, 600 * SECOND),
                        Policies.leastWork()) {
                    @Override
                    protected Place place(Exchange x, long deadline) {
                        return new Place(
                                x,
                                next.priority(),
                                new Ticket.Times(deadline, deadline, Long.MAX_VALUE),
                                new Ticket.Share(next.name(), next.weight()));
                    }
                };
        Map<String, Server> fleet = new LinkedHashMap<>();
        for (int i = 0; i < ENGINES; i++) {
            fleet.put("e" + i, new Server(loop, EngineProfile.llama8b(), seed + i));
        }
        gateway.endpoints(fleet);
        fleet.keySet().forEach(id -> gateway.pool().probeSucceeded(id, List.of("m"), loop.now()));
        every(50 * MS);
    }

    private void every(long period) {
        loop.in(period, () -> {
            gateway.tick();
            if (loop.now() < until + 60 * SECOND) {
                every(period);
            }
        });
    }

    private void plan(Client client) {
        loop.in((long) (-Math.log(1 - random.nextDouble()) / client.perSecond() * SECOND), () -> {
            if (loop.now() >= until) {
                return;
            }
            next = client;
            Exchange x = gateway.arrive(ask(client.prompt()));
            if (x.state() != Exchange.State.ENDED) {
                exchanges.getOrDefault(client.name(), new ArrayList<>()).add(x);
            } else if (x.arrivedAt() >= until / 5) {
                refusedAtOnce.merge(client.name(), 1, Integer::sum);
            }
            mostWaiting = Math.max(mostWaiting, gateway.queue().size());
            mostBytes = Math.max(mostBytes, gateway.queue().bytes());
            plan(client);
        });
    }

    private Ask ask(int mean) {
        int tokens = random.nextInt(mean / 4, mean * 7 / 4);
        long[] blocks = new long[tokens / 16];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = random.nextLong();
        }
        return new Ask(tokens, blocks, blocks.length, random.nextInt(20, 150), 0, "", true);
    }

    /** Runs it; by client, and under "all" for everybody. */
    Map<String, Outcome> run(Client... clients) {
        for (Client client : clients) {
            exchanges.put(client.name(), new ArrayList<>());
            plan(client);
        }
        loop.runUntil(until + 120 * SECOND);
        Map<String, Outcome> outcomes = new LinkedHashMap<>();
        List<Exchange> all = new ArrayList<>();
        exchanges.forEach((name, its) -> {
            outcomes.put(name, outcome(its, refusedAtOnce.getOrDefault(name, 0)));
            all.addAll(its);
        });
        outcomes.put(
                "all",
                outcome(all, refusedAtOnce.values().stream().mapToInt(n -> n).sum()));
        return outcomes;
    }

    private Outcome outcome(List<Exchange> its, int atOnce) {
        long from = until / 5;
        int sent = atOnce;
        int completed = 0;
        int refused = atOnce;
        int other = 0;
        int good = 0;
        double tokens = 0;
        List<Double> ttft = new ArrayList<>();
        for (Exchange x : its) {
            if (x.arrivedAt() < from) {
                continue;
            }
            sent++;
            switch (Objects.requireNonNull(x.end(), "a request never ended")) {
                case COMPLETED -> {
                    double ms = (x.firstTokenAt() - x.arrivedAt()) / (double) MS;
                    ttft.add(ms);
                    completed++;
                    tokens += x.ask().promptTokens();
                    good += ms <= objectiveMs ? 1 : 0;
                }
                case REFUSED_FULL, REFUSED_LATE, PUSHED_OUT -> refused++;
                default -> other++;
            }
        }
        double[] sorted =
                ttft.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        double seconds = (until - from) / (double) SECOND;
        return new Outcome(
                sent,
                completed,
                refused,
                other,
                completed / seconds,
                good / seconds,
                at(sorted, 0.5),
                at(sorted, 0.99),
                tokens / seconds);
    }

    private static double at(double[] sorted, double quantile) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.min(sorted.length - 1, quantile * sorted.length)];
    }

    /** The most that waited at a time. */
    int mostWaiting() {
        return mostWaiting;
    }

    /** The most bytes that waited at a time. */
    long mostBytes() {
        return mostBytes;
    }

    static String table(Map<String, Outcome> outcomes) {
        StringBuilder out = new StringBuilder();
        outcomes.forEach((name, outcome) -> out.append(String.format(Locale.ROOT, "%-12s", name))
                .append(outcome.row())
                .append('\n'));
        return out.toString();
    }
}
