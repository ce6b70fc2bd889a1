package dev.sluice.gateway.kv;

import dev.sluice.core.kv.Audit;
import dev.sluice.core.kv.BlockIndex;
import dev.sluice.core.kv.KvBatch;
import dev.sluice.core.kv.KvEvent;
import dev.sluice.core.kv.KvEventSink;
import dev.sluice.core.kv.KvEventSource.Subscription;
import dev.sluice.core.kv.KvNews;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.jctools.queues.SpscArrayQueue;

/**
 * One stream of events on its way into the index: a bounded queue between the reader's thread and the writer's, and what is
 * known of the stream. An engine whose news are not taken fast enough waits in its own queue and costs nobody else anything.
 */
final class KvFeed implements KvEventSink {
    private static final System.Logger LOG = System.getLogger("dev.sluice.kv");
    private static final int MOST_NEWS = 1024;
    private static final int MOST_COST = 1 << 18;
    /** News that are applied before other feeds have their turn. */
    private static final int TURN = 32;

    final KvEndpoint endpoint;
    final int rank;
    private final String name;
    private final String pool;
    private final BlockIndex index;
    private final KvCounts counts;
    private final Runnable cleared;
    private final Runnable wake;
    private final SpscArrayQueue<KvNews> queue = new SpscArrayQueue<>(MOST_NEWS);
    private final AtomicInteger cost = new AtomicInteger();
    private final Audit audit = new Audit();
    private volatile Subscription subscription = Subscription.NONE;

    /** Of the index; -1 until the writer has opened one, and after it was closed. */
    volatile int lane = -1;

    private volatile boolean live;
    private volatile boolean whole;
    private volatile int blockSize;
    private volatile long sequence = -1;
    private volatile double seconds;
    private volatile double lag = Double.NaN;
    private volatile int blocks;
    private volatile boolean closed;

    /**
     * @param cleared told, by the writer's thread, when the engine holds nothing of what was known
     * @param wake says that there is something to be applied
     */
    KvFeed(
            KvEndpoint endpoint,
            int rank,
            String pool,
            BlockIndex index,
            KvCounts counts,
            Runnable cleared,
            Runnable wake) {
        this.endpoint = endpoint;
        this.rank = rank;
        this.name = pool + "/" + endpoint.endpoint() + (endpoint.ranks() > 1 ? " rank " + rank : "");
        this.pool = pool;
        this.index = index;
        this.counts = counts;
        this.cleared = cleared;
        this.wake = wake;
    }

    String name() {
        return name;
    }

    void subscribed(Subscription now) {
        subscription = now;
    }

    /** What a snapshot said of it. By the writer's thread. */
    void restored(long itsSequence, double itsSeconds, int itsBlockSize, boolean itWasWhole) {
        blocks = index.size(lane);
        sequence = itsSequence;
        seconds = itsSeconds;
        blockSize = itsBlockSize;
        whole = itWasWhole;
    }

    @Override
    public boolean offer(KvNews news) {
        if (closed) {
            return true;
        }
        int its = cost(news);
        if (cost.get() > MOST_COST || !queue.offer(news)) {
            return false;
        }
        cost.addAndGet(its);
        wake.run();
        return true;
    }

    private static int cost(KvNews news) {
        return news instanceof KvNews.Batch batch ? batch.batch().cost() : 1;
    }

    @Override
    public void count(Oddity what, long many) {
        counts.events(pool, what.name().toLowerCase(Locale.ROOT), many);
    }

    /** Applies what has come, one turn of it; false when nothing had. By the writer's thread. */
    boolean apply() {
        int done = 0;
        for (KvNews news = queue.poll(); news != null; news = ++done < TURN ? queue.poll() : null) {
            cost.addAndGet(-cost(news));
            if (lane >= 0) {
                apply(news);
                blocks = index.size(lane);
            }
        }
        return done > 0;
    }

    private void apply(KvNews news) {
        switch (news) {
            case KvNews.Batch batch -> apply(batch.batch());
            case KvNews.Live now -> live = now.live();
            case KvNews.Reset reset -> {
                LOG.log(System.Logger.Level.INFO, "KV events of {0}: {1}", name, reset.reason());
                forget();
                whole = reset.whole();
                counts.reset(pool, "told");
            }
        }
    }

    private void apply(KvBatch batch) {
        long unknown = 0;
        long applied = 0;
        for (KvEvent event : batch.events()) {
            if (event instanceof KvEvent.Stored stored && stored.tokens().length > 0) {
                blockSize = stored.blockSize();
            }
            unknown += index.apply(lane, event);
            applied++;
            if (event instanceof KvEvent.Cleared) {
                cleared.run();
            }
        }
        counts.events(pool, "applied", applied);
        if (unknown > 0) {
            counts.events(pool, "unknown", unknown);
        }
        lag = System.currentTimeMillis() / 1e3 - batch.seconds();
        seconds = batch.seconds();
        sequence = batch.sequence();
    }

    private void forget() {
        index.clear(lane);
        sequence = -1;
        cleared.run();
    }

    /**
     * An engine answered.
     *
     * @param predicted tokens that its map said it holds
     * @param reported tokens that it found
     */
    void observe(int predicted, int reported) {
        boolean wrong;
        synchronized (audit) {
            wrong = audit.observe(predicted, reported);
        }
        if (wrong) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "KV events of {0}: its answers say that it holds other blocks than it told; all is asked for again",
                    name);
            live = false;
            counts.reset(pool, "audit");
            subscription.resync();
        }
    }

    boolean believed() {
        synchronized (audit) {
            return audit.believed();
        }
    }

    KvStatus.Rank status() {
        synchronized (audit) {
            return new KvStatus.Rank(
                    rank,
                    live,
                    whole,
                    audit.believed(),
                    blocks,
                    blockSize,
                    sequence,
                    lag,
                    audit.predicted(),
                    audit.reported(),
                    audit.confirmed());
        }
    }

    boolean live() {
        return live;
    }

    boolean whole() {
        return whole;
    }

    int blockSize() {
        return blockSize;
    }

    long sequence() {
        return sequence;
    }

    double seconds() {
        return seconds;
    }

    /** Nothing more is taken; the writer ends it. */
    void close() {
        closed = true;
        live = false;
    }

    boolean closed() {
        return closed;
    }

    /** Nothing more is read. By the writer's thread. */
    void end() {
        subscription.close();
    }
}
