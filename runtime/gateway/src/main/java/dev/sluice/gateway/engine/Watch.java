package dev.sluice.gateway.engine;

import dev.sluice.core.Scrape;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.jctools.queues.MpmcArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Watches one engine with two virtual threads of its own, one for metrics and one for probes, so that an engine that
 * answers slowly, or never, delays nothing but itself.
 *
 * <p>Times are spread over endpoints and rounds by a hash of the endpoint's id: always the same for the same fleet, but
 * never all at once.
 */
final class Watch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Watch.class.getName());
    /** How old the last good page may grow before it is given up (F54: own counts are better then). */
    private static final long PATIENCE = Duration.ofSeconds(2).toNanos();

    private static final int BUFFER = 16 * 1024;
    /** Buffers for pages. Not one for each engine: a thousand would keep a thousand, of which one or two are in use. */
    private static final MpmcArrayQueue<byte[]> SPARE = new MpmcArrayQueue<>(16);

    private final EngineTarget target;
    private final EngineSettings settings;
    private final EngineEvents events;
    private final EngineConnection forMetrics;
    private final EngineConnection forProbes;
    private final Ground ground;
    private final IntSupplier crowd;
    private volatile @Nullable Thread scraper;
    private final Thread prober;
    private final long seed;

    private volatile boolean closed;
    private volatile long trafficAt;
    private volatile boolean dozing;
    private volatile boolean probeAsked = true;
    private volatile boolean probing;

    /**
     * Of one engine.
     *
     * @param ground where its metrics page is read; probes always have the JDK's threads
     * @param crowd how many times as seldom as usual the page of an idle engine is read
     */
    Watch(EngineTarget target, EngineSettings settings, EngineEvents events, Ground ground, IntSupplier crowd) {
        this.ground = ground;
        this.crowd = crowd;
        this.target = target;
        this.settings = settings;
        this.events = events;
        this.forMetrics = new EngineConnection(target, target.metrics(), settings.timeout(), ground);
        this.forProbes = new EngineConnection(target, settings.timeout());
        this.seed = mix(target.id().hashCode());
        this.trafficAt = System.nanoTime() - settings.busyFor().toNanos();
        this.prober = Thread.ofVirtual().name("probe-" + target.id()).unstarted(this::probeForEver);
    }

    EngineTarget target() {
        return target;
    }

    void start() {
        prober.start();
        scraper = ground.start("scrape-" + target.id(), this::scrapeForEver);
    }

    void traffic() {
        trafficAt = System.nanoTime();
        if (dozing) {
            LockSupport.unpark(scraper);
        }
    }

    void probeNow() {
        if (!probing) {
            probeAsked = true;
            LockSupport.unpark(prober);
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(scraper);
        LockSupport.unpark(prober);
        forMetrics.close();
        forProbes.close();
    }

    private void scrapeForEver() {
        long started = System.nanoTime()
                - settings.idle().multipliedBy(crowd.getAsInt()).toNanos()
                + spread(settings.busy(), 0);
        long good = System.nanoTime();
        boolean lost = false;
        int failures = 0;
        for (int round = 1; rest(started, failures, round); round++) {
            started = System.nanoTime();
            try {
                Scrape scrape = forMetrics.get("", this::readPage);
                good = System.nanoTime();
                failures = 0;
                if (lost) {
                    lost = false;
                    probeNow(); // whoever answers again may be somebody else
                }
                tell(() -> events.scraped(target.id(), scrape));
            } catch (EngineCallException e) {
                failures++;
                if (!lost && System.nanoTime() - good > PATIENCE) {
                    lost = true;
                    tell(() -> events.scrapeLost(target.id()));
                }
            }
        }
        forMetrics.close();
    }

    /** Waits until the next reading is due, which traffic may bring forward; false when it is all over. */
    private boolean rest(long started, int failures, int round) {
        forMetrics.idle(interval(failures, round));
        while (!closed) {
            dozing = true; // before the time is computed, or traffic in between would wake nobody
            long interval = interval(failures, round);
            if (interval <= settings.busy().toNanos()) {
                dozing = false; // no traffic would bring it forward: each request would wake this thread for nothing
            }
            long left = started + interval - System.nanoTime();
            if (left <= 0) {
                dozing = false;
                return true;
            }
            ground.pause(left);
            dozing = false;
        }
        return false;
    }

    private long interval(int failures, int round) {
        Duration rest = settings.idle().multipliedBy(crowd.getAsInt());
        long idle = rest.toNanos() - spread(rest.dividedBy(10), round);
        if (failures > 0) {
            return Math.min(idle, settings.busy().toNanos() << Math.min(failures, 3));
        }
        boolean busy = System.nanoTime() - trafficAt < settings.busyFor().toNanos();
        return busy ? settings.busy().toNanos() : idle;
    }

    private Scrape readPage(int status, InputStream body) throws IOException {
        if (status != 200) {
            body.readNBytes(BUFFER);
            throw new IOException("GET " + target.metrics().getRawPath() + " answered " + status);
        }
        byte[] spare = SPARE.poll();
        byte[] buffer = spare == null ? new byte[BUFFER] : spare;
        try {
            return readPage(body, buffer);
        } finally {
            SPARE.offer(buffer);
        }
    }

    private Scrape readPage(InputStream body, byte[] buffer) throws IOException {
        MetricsPage page = new MetricsPage(events.samples(target.id()));
        int held = 0;
        int total = 0;
        for (int n = body.read(buffer, 0, BUFFER); n >= 0; n = body.read(buffer, held, BUFFER - held)) {
            total += n;
            if (total > settings.pageBytes()) {
                throw new IOException("a metrics page of more than " + settings.pageBytes() + " bytes");
            }
            held += n;
            int rest = page.lines(buffer, 0, held);
            if (rest == 0 && held == BUFFER) {
                rest = held; // no line that is wanted is as long as the buffer
            }
            System.arraycopy(buffer, rest, buffer, 0, held - rest);
            held -= rest;
        }
        page.line(buffer, 0, held);
        if (!page.any()) {
            throw new IOException("a metrics page without any known metric");
        }
        return page.scrape();
    }

    private void probeForEver() {
        long due = System.nanoTime();
        long backoff = settings.firstRetry().toNanos();
        for (int round = 1; awaitProbe(due); round++) {
            probing = true;
            probeAsked = false;
            Probe.Result result = Probe.run(forProbes, target.expectedModels(), settings.pageBytes());
            probing = false;
            boolean fine = result instanceof Probe.Result.Fine;
            long pause = fine
                    ? settings.recheck().toNanos() - spread(settings.recheck().dividedBy(4), round)
                    : backoff;
            backoff = fine
                    ? settings.firstRetry().toNanos()
                    : Math.min(2 * backoff, settings.lastRetry().toNanos());
            due = System.nanoTime() + pause;
            forProbes.idle(pause);
            tell(() -> report(result));
        }
        forProbes.close();
    }

    private void report(Probe.Result result) {
        switch (result) {
            case Probe.Result.Fine fine -> events.probeSucceeded(target.id(), fine.served());
            case Probe.Result.Failed failed -> events.probeFailed(target.id(), failed.reason());
            case Probe.Result.Wrong wrong -> events.wrongModel(target.id(), wrong.reason());
        }
    }

    private boolean awaitProbe(long due) {
        while (!closed) {
            long left = due - System.nanoTime();
            if (left <= 0 || probeAsked) {
                return true;
            }
            LockSupport.parkNanos(this, left);
        }
        return false;
    }

    private void tell(Runnable event) {
        if (closed) {
            return;
        }
        try {
            event.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "while taking news of endpoint " + target.id(), e);
        }
    }

    /** Somewhere in 0..range, the same for the same endpoint and round. */
    private long spread(Duration range, int round) {
        return Long.remainderUnsigned(mix(seed + round), Math.max(1, range.toNanos()));
    }

    /** SplitMix64's finaliser (Steele, Lea, Flood 2014). */
    private static long mix(long value) {
        long z = value + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
