package dev.sluice.app.drill;

import dev.sluice.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/**
 * Five times as many requests as engines can serve. Engines are slow on purpose, so that they are the limit and not this machine; clients
 * come when they come (open loop), whatever became of those before. The queue is short: whom it has no place for is told at once.
 */
final class OverloadDrill {
    private static final int ENGINES = 4;
    private static final int SEQUENCES = 8;
    private static final double TIME_SCALE = 4;
    private static final int TOKENS = 16;
    private static final int WARM_SECONDS = 6;
    private static final int CLOSED_SECONDS = 6;
    private static final int PEAK_SECONDS = 10;
    /** How often more is tried while hardly anything is refused, and what hardly anything is. */
    private static final int TRIES = 3;

    private static final double FULL = 0.01;
    /** The offered load at which goodput is highest: a little more than there is room for. */
    private static final double PEAK = 1.1;

    private static final double TIMES = 5;
    private static final double GOODPUT = 95;
    private static final double ADMITTED = 2;
    private static final double REFUSED_MS = 5;
    private static final double RSS_MB = 32;
    private static final String POOL = "    routing: short\n";
    private static final String POLICY = """
        routing:
          short:
            plugins: [{type: least-work-scorer}, {type: predicted-ttft-detector}]
            flowControl:
              maxRequests: 16
              defaultRequestTTL: 5s
              evictQueued: false
              refuseEarly: false
              saturationDetector: {pluginRef: predicted-ttft-detector}
        """;

    private final Arena arena;
    private final SplittableRandom random;
    private final ConcurrentLinkedDeque<Client> idle = new ConcurrentLinkedDeque<>();

    private OverloadDrill(Arena arena, long seed) {
        this.arena = arena;
        this.random = new SplittableRandom(seed);
    }

    /** @param factor what the bars of times are multiplied by, for machines that are not quiet */
    static void run(int seconds, double factor, long seed, PrintWriter progress, Sheet sheet)
            throws IOException, InterruptedException {
        sheet.begin("overload");
        SimulatorOptions engines = SimulatorOptions.builder()
                .seed(seed)
                .maxNumSeqs(SEQUENCES)
                .timeScale(TIME_SCALE)
                .build();
        Arena.Setup setup = new Arena.Setup("500ms", POOL, POLICY);
        try (Arena arena = Arena.open(progress, ENGINES, engines, setup)) {
            Member gateway = arena.join();
            new OverloadDrill(arena, seed).run(gateway, seconds, factor, sheet);
        }
    }

    /**
     * What came of one load.
     *
     * @param goodput answers a second while requests came
     */
    private record Outcome(Tally tally, double goodput) {
        long complete() {
            return tally.count(Ending.COMPLETE);
        }

        /** A quantile over those attempts that are meant, ms. */
        double quantile(double q, Predicate<Result> which, ToLongFunction<Result> nanos) {
            long[] all = tally.attempts().stream()
                    .filter(which)
                    .mapToLong(nanos)
                    .sorted()
                    .toArray();
            return all.length == 0 ? Double.NaN : all[(int) Math.min(all.length - 1, Math.floor(q * all.length))] / 1e6;
        }

        /** Share of requests. */
        double refused() {
            return tally.count(Ending.REFUSED) / (double) Math.max(1, tally.count());
        }

        double firstToken(double q) {
            return quantile(q, one -> one.ending() == Ending.COMPLETE, Result::tokenNanos);
        }

        double refusal(double q) {
            return quantile(q, one -> one.ending() == Ending.REFUSED, Result::nanos);
        }
    }

    private void run(Member gateway, int seconds, double factor, Sheet sheet) throws IOException, InterruptedException {
        Tally warm = new Tally(true);
        double rate = closed(warm);
        arena.say("engines serve about " + Math.round(rate) + " requests/s");
        List<Tally> all = new ArrayList<>(List.of(warm));
        Outcome peak = open(rate * PEAK, PEAK_SECONDS);
        all.add(peak.tally());
        for (int i = 0; i < TRIES && peak.refused() < FULL; i++) { // not the limit yet: warm, they serve more
            rate *= PEAK;
            peak = open(rate * PEAK, PEAK_SECONDS);
            all.add(peak.tally());
        }
        rate = peak.goodput();
        arena.say("at their limit: " + Math.round(peak.goodput()) + "/s; "
                + peak.tally().words());
        Cpu cpu = Cpu.now();
        Rss rss = new Rss(gateway.pid());
        Outcome over;
        try (rss) {
            over = open(rate * TIMES, seconds);
        }
        double busy = cpu.busySince();
        arena.say("at five times that: " + Math.round(over.goodput()) + "/s; "
                + over.tally().words());
        idle.forEach(Client::close);
        all.add(over.tally());
        sheet.figure("peak of goodput", rate, "/s");
        sheet.figure("refused at that peak", 100 * peak.refused(), "%");
        sheet.figure("requests at " + TIMES + " times that", over.tally().count(), "");
        sheet.atLeast("goodput, of the peak", 100 * over.goodput() / rate, GOODPUT, "%");
        sheet.figure("time to first token at the peak, p99", peak.firstToken(0.99), "ms");
        sheet.atMost(
                "time to first token of the admitted, p99, over that at the peak",
                over.firstToken(0.99) / peak.firstToken(0.99),
                ADMITTED * factor,
                "×");
        sheet.figure("refusals, p50", over.refusal(0.5), "ms");
        sheet.atMost("refusals, p99", over.refusal(0.99), REFUSED_MS * factor, "ms");
        sheet.atMost(
                "requests that were neither answered nor refused",
                over.tally().count() - over.complete() - over.tally().count(Ending.REFUSED),
                0,
                "");
        sheet.atMost("growth of the gateway's memory in the second half", rss.growthMb(), RSS_MB, "MB");
        sheet.figure("processors busy meanwhile", busy, "%");
        Tally sum = new Tally(true);
        all.forEach(one -> one.requests().forEach(sum::add));
        Books.judge(arena, sum, sheet);
    }

    /** As many clients as engines have places, and some more: answers a second, when all is warm. */
    private double closed(Tally tally) throws InterruptedException {
        try (Load _ =
                Load.start(arena.front(), ENGINES * SEQUENCES * 5 / 4, 1, false, tally, this::ask, arena.keys()::any)) {
            TimeUnit.SECONDS.sleep(WARM_SECONDS);
            long before = tally.count(Ending.COMPLETE);
            long begun = System.nanoTime();
            TimeUnit.SECONDS.sleep(CLOSED_SECONDS);
            return (tally.count(Ending.COMPLETE) - before) / ((System.nanoTime() - begun) / 1e9);
        }
    }

    private Ask ask(SplittableRandom any) {
        return new Ask(Fleet.MODEL, true, TOKENS, Ask.prompt(any));
    }

    /** So many requests a second for so long, at random times, and then waits for the last of them. */
    private Outcome open(double perSecond, int seconds) {
        Tally tally = new Tally(true);
        Phaser running = new Phaser(1);
        long begun = System.nanoTime();
        long end = begun + TimeUnit.SECONDS.toNanos(seconds);
        double next = begun;
        while (next < end) {
            long now = System.nanoTime();
            if (next > now) {
                LockSupport.parkNanos((long) next - now);
                continue;
            }
            next += -Math.log(1 - random.nextDouble()) / perSecond * 1e9;
            SplittableRandom own = random.split();
            running.register();
            Thread.ofVirtual().name("client").start(() -> {
                Client pooled = idle.pollFirst();
                Client client = pooled == null ? new Client(arena.front().port(), arena.front()::carrier) : pooled;
                Result result = client.call(ask(own), arena.keys().any(own), true);
                tally.add(new Tally.Request(result, result, false));
                idle.addFirst(client);
                running.arriveAndDeregister();
            });
        }
        double took = (System.nanoTime() - begun) / 1e9;
        long inTime = tally.count(Ending.COMPLETE);
        running.arriveAndAwaitAdvance();
        return new Outcome(tally, inTime / took);
    }

    /** Time of all processors, by {@code /proc/stat}. */
    private record Cpu(long idle, long all) {
        static Cpu now() throws IOException {
            String line = Files.readAllLines(Path.of("/proc/stat")).getFirst();
            long[] ticks = Arrays.stream(line.split(" +", -1))
                    .skip(1)
                    .limit(8)
                    .mapToLong(Long::parseLong)
                    .toArray();
            return new Cpu(ticks[3] + ticks[4], Arrays.stream(ticks).sum());
        }

        double busySince() throws IOException {
            Cpu later = now();
            return 100.0 * (1 - (later.idle - idle) / (double) Math.max(1, later.all - all));
        }
    }

    /** Resident memory of a process, sampled. */
    private static final class Rss implements AutoCloseable {
        private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(500);

        private final List<Double> samples = new ArrayList<>();
        private final long pid;
        private final Thread thread;
        private volatile boolean over;

        private Rss(long pid) {
            this.pid = pid;
            this.thread = Thread.ofPlatform().daemon().name("rss").start(this::sample);
        }

        private void sample() {
            while (!over) {
                double now = Proc.rssMb(pid);
                synchronized (samples) {
                    samples.add(now);
                }
                LockSupport.parkNanos(PAUSE);
            }
        }

        /** The most of the last third less the most of the second: what a memory that is not flat has grown by. */
        double growthMb() {
            synchronized (samples) {
                int third = samples.size() / 3;
                return third == 0 ? Double.NaN : most(2 * third, samples.size()) - most(third, 2 * third);
            }
        }

        private double most(int from, int to) {
            return samples.subList(from, to).stream()
                    .mapToDouble(Double::doubleValue)
                    .max()
                    .orElse(Double.NaN);
        }

        @Override
        public void close() {
            over = true;
            LockSupport.unpark(thread);
        }
    }
}
