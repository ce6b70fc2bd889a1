package dev.sluice.gateway.trace;

import dev.sluice.gateway.config.TracesConfig;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.MpscArrayQueue;

/**
 * Traces that are told to a collector: a share of all, and all that failed or were slow. An exchange only leaves what it has noted
 * in a bounded queue; a thread of its own makes spans of it and sends them. When the collector is slow or away, traces are lost
 * and counted, and requests go on.
 */
public final class Traces implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Traces.class.getName());
    private static final int WAITING = 1 << 12;
    private static final int BATCH = 128;
    private static final long NAP_NS = 50_000_000;
    private static final int CLOSE_S = 5;

    private final TracesConfig config;
    private final Counts counts;
    private final long bound;
    private final MpscArrayQueue<Ended> queue = new MpscArrayQueue<>(WAITING);
    private final Thread thread;
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile boolean open = true;

    /** How many were sent, lost because the queue was full, and lost because the collector did not take them. */
    public record Counts(AtomicLong sent, AtomicLong dropped, AtomicLong failed) {
        /** Nothing counted yet. */
        public Counts() {
            this(new AtomicLong(), new AtomicLong(), new AtomicLong());
        }
    }

    /** Begins to tell the collector that is configured. */
    public static Traces to(TracesConfig config, String version, Counts counts) {
        return new Traces(config, counts, new OtlpExport(config, version));
    }

    Traces(TracesConfig config, Counts counts, Export export) {
        this.config = config;
        this.counts = counts;
        this.bound = (long) (config.sample() * Long.MAX_VALUE);
        this.thread = Thread.ofPlatform().name("traces").daemon().start(() -> run(export));
    }

    /** As it is configured. */
    public TracesConfig config() {
        return config;
    }

    /**
     * A request begins.
     *
     * @param started {@link System#nanoTime} when its first bytes were there
     * @param traceparent what its client sent, once; empty for none
     */
    public Trace begin(long started, Optional<String> traceparent) {
        Optional<Traceparent> client = traceparent.flatMap(Traceparent::of);
        boolean kept;
        if (client.isPresent() && config.parentBased()) {
            kept = client.get().sampled();
        } else {
            long low = client.map(Traceparent::low).orElseGet(Trace::random);
            kept = (low & Long.MAX_VALUE) < bound || config.sample() >= 1;
        }
        return new Trace(this, client, kept, started);
    }

    /** From any thread, at once. */
    void ended(Trace trace, Trace.Summary summary) {
        long now = System.nanoTime();
        boolean worthIt = trace.kept()
                || !summary.error().isEmpty()
                || now - trace.started() >= config.slow().toNanos();
        if (!worthIt) {
            return;
        }
        Instant wall = Instant.now();
        long epoch = wall.getEpochSecond() * 1_000_000_000L + wall.getNano();
        if (!open || !queue.offer(new Ended(trace, summary, now, epoch))) {
            counts.dropped.incrementAndGet();
        }
    }

    private void run(Export export) {
        List<Ended> batch = new ArrayList<>();
        try (export) {
            while (open || !queue.isEmpty() || !batch.isEmpty()) {
                Ended one = queue.poll();
                if (one != null) {
                    batch.add(one);
                }
                if (batch.size() >= BATCH || (one == null && !batch.isEmpty())) {
                    (export.send(batch) ? counts.sent : counts.failed).addAndGet(batch.size());
                    batch.clear();
                } else if (one == null) {
                    LockSupport.parkNanos(NAP_NS);
                }
            }
        } catch (RuntimeException | LinkageError wrong) {
            LOG.log(System.Logger.Level.ERROR, "traces can''t be told any more", wrong);
            open = false;
            counts.failed.addAndGet(batch.size());
        } finally {
            queue.drain(lost -> counts.dropped.incrementAndGet());
            done.countDown();
        }
    }

    /** Ends when all so far are sent, or after 5 s. */
    @Override
    public void close() {
        open = false;
        LockSupport.unpark(thread);
        try {
            if (!done.await(CLOSE_S, TimeUnit.SECONDS)) {
                LOG.log(System.Logger.Level.WARNING, "the last traces are lost: the collector does not take them");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
