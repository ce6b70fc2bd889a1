package dev.sluice.gateway;

import dev.sluice.core.index.Xxh64;
import dev.sluice.core.peers.PeerCodec;
import dev.sluice.core.peers.PeerMessage;
import dev.sluice.core.peers.PeerNetwork;
import dev.sluice.core.peers.Sharing;
import dev.sluice.core.quota.Replicas;
import dev.sluice.core.quota.Share;
import dev.sluice.core.quota.Use;
import dev.sluice.gateway.metrics.Meters;
import dev.sluice.gateway.tenant.Tenant;
import dev.sluice.gateway.tenant.TenantQuota;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Keeps pools and other replicas together: says some times a second what this gateway has in flight and has sent where, and tells pools
 * what others say. {@link Sharing} knows what is said; this class owns its lock, its clock and its thread, and turns names into salted
 * hashes and back.
 *
 * <p>Requests never wait for it: what they have to tell goes into a bounded queue, and what others tell comes to the pools as scraped
 * metrics do.
 */
final class Peering implements PromptNews, AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.sluice.peers");
    /** What one has said counts for so long. */
    private static final Duration STALE = Duration.ofSeconds(2);
    /** Hashes told at a time (1 MiB), and kept for replicas that come later (4 MiB). */
    private static final int FRESH = 128 << 10;

    private static final int KEPT = 512 << 10;
    /** Prompts that wait to be told. */
    private static final int QUEUE = 16_384;
    /** Rows about tenants' use in a message; what is beyond them waits for the next. */
    private static final int MOST_ROWS = 10_000;
    /** Least time between two words on what tenants have used. */
    private static final Duration PAUSE = Duration.ofMillis(5);
    /** How long a prompt that was sent somewhere waits for others to be told along with it. */
    private static final Duration SOON = Duration.ofMillis(15);
    /** Endpoints that are few enough to say with every prompt what is in flight at them. */
    private static final int FEW = 64;
    /** How long a question waits for an answer. */
    private static final Duration ANSWER = Duration.ofMillis(500);

    private final PeerNetwork network;
    private final Supplier<Map<String, LivePool>> pools;
    private final Supplier<List<Tenant>> tenants;
    private final Replicas replicas = new Replicas(System.nanoTime());
    private final Function<Long, Optional<byte[]>> explanations;
    private final Meters counts;
    private final long salt;
    private final ReentrantLock lock = new ReentrantLock();
    private final Sharing sharing;
    private final ConcurrentLinkedQueue<Item> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private volatile Map<Long, Place> places = Map.of();
    /** Tenants' limits by the hash of their names. Guarded by the lock. */
    private Map<Long, Meter> meters = Map.of();

    private volatile boolean hurried;
    private volatile @Nullable Thread teller;
    private final Map<Long, CompletableFuture<byte[]>> questions = new ConcurrentHashMap<>();
    private final CountDownLatch stop = new CountDownLatch(1);
    private Set<Long> seen = Set.of();
    private long leftOut;

    private record Item(String pool, String endpoint, long[] hashes, int count, int keep) {}

    /** A tenant's limits: those over all models where the model is empty. */
    private record Meter(TenantQuota quota, String model) {}

    /** An endpoint as the index knows it. */
    private record Place(LivePool pool, String endpoint, int slot) {}

    /**
     * Not begun yet.
     *
     * @param secret that names are hashed with
     * @param pools that there are now
     * @param tenants that are in force now
     * @param explanations what this gateway knows of a decision, by the hash of its id ({@link #hash})
     */
    Peering(
            PeerNetwork network,
            String secret,
            Supplier<Map<String, LivePool>> pools,
            Supplier<List<Tenant>> tenants,
            Function<Long, Optional<byte[]>> explanations,
            Meters counts) {
        this.network = network;
        this.pools = pools;
        this.tenants = tenants;
        this.explanations = explanations;
        this.counts = counts;
        this.salt = salt(secret);
        this.sharing = new Sharing(new Sharing.Settings(network.self(), STALE.toNanos(), FRESH, KEPT));
        counts.peers(this::present, () -> locked(() -> sharing.staleness(System.nanoTime())));
    }

    private static long salt(String secret) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return ByteBuffer.wrap(mac.doFinal("sluice peers: names".getBytes(StandardCharsets.UTF_8)))
                    .getLong();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HMAC-SHA256", e);
        }
    }

    /** Looks for others from now on, and tells them every so often. Returns at once. */
    void begin(Duration every) {
        quotas();
        network.join(new Inbox());
        teller = Thread.ofVirtual().name("peers").start(() -> {
            try {
                goOn(every.toNanos());
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void goOn(long every) throws InterruptedException {
        long next = System.nanoTime() + every;
        while (stop.getCount() > 0) {
            long left = next - System.nanoTime();
            if (left <= 0) {
                next = System.nanoTime() + every;
                tick();
                quotas();
            } else if (hurried) {
                hurried = false;
                quotas();
                stop.await(PAUSE.toNanos(), TimeUnit.NANOSECONDS);
            } else if (queued.get() > 0) {
                stop.await(Math.min(left, SOON.toNanos()), TimeUnit.NANOSECONDS);
                news();
            } else {
                LockSupport.parkNanos(left);
            }
        }
    }

    /** What tenants have used should be said before the next time. Waits for nothing. */
    private void hurry() {
        hurried = true;
        LockSupport.unpark(teller);
    }

    /** Says what tenants have used, where any has limits. */
    private void quotas() {
        Map<Long, Meter> next = new HashMap<>();
        List<PeerMessage.Spent> rows = new ArrayList<>();
        lock.lock();
        try {
            long round = replicas.nextRound();
            Share share = replicas.share(System.nanoTime());
            boolean urgent = false;
            for (Tenant tenant : tenants.get()) {
                if (!tenant.limited()) {
                    continue;
                }
                TenantQuota quota = tenant.quota();
                next.put(meter(tenant.name(), ""), new Meter(quota, ""));
                quota.models().forEach(model -> next.put(meter(tenant.name(), model), new Meter(quota, model)));
                quota.share(share);
                if (rows.size() < MOST_ROWS) {
                    urgent |= quota.urgent();
                    quota.tell(round, this::hurry).forEach(use -> rows.add(row(tenant.name(), use)));
                }
            }
            meters = next;
            if (!next.isEmpty()) {
                for (long to : sharing.view()) {
                    sharing.say(to, new PeerMessage.Quotas(round, replicas.heardOf(to), urgent, rows), this::send);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private PeerMessage.Spent row(String tenant, Use use) {
        return new PeerMessage.Spent(
                meter(tenant, use.model()),
                use.requests(),
                use.tokens(),
                use.inFlight(),
                use.requestsUsed(),
                use.tokensUsed());
    }

    private long meter(String tenant, String model) {
        return hash("quota" + '\0' + tenant + '\0' + model);
    }

    /** A replica has said what tenants have used there. Inside the lock. */
    private void heard(long from, PeerMessage.Quotas quotas) {
        Replicas.Heard how = replicas.heard(from, quotas.round(), quotas.heard(), System.nanoTime());
        if (how == Replicas.Heard.OLD) {
            return;
        }
        Share share = replicas.share(System.nanoTime());
        for (Meter meter : meters.values()) {
            if (meter.model.isEmpty()) {
                if (how == Replicas.Heard.FIRST) {
                    meter.quota.mark(replicas.round());
                }
                meter.quota.share(share);
            }
        }
        for (PeerMessage.Spent row : quotas.rows()) {
            Meter meter = meters.get(row.meter());
            if (meter != null) {
                meter.quota.heard(
                        from,
                        new Use(
                                meter.model,
                                row.requests(),
                                row.tokens(),
                                row.inFlight(),
                                row.requestsUsed(),
                                row.tokensUsed()),
                        how);
            }
        }
        if (quotas.urgent()) {
            hurry();
        }
    }

    /** A name as others see it. */
    long hash(String name) {
        return Xxh64.hash(name, salt);
    }

    private long key(String pool, String endpoint) {
        return hash(pool + '\0' + endpoint);
    }

    @Override
    public void sent(String pool, String endpoint, long[] hashes, int count) {
        add(new Item(pool, endpoint, hashes, count, PeerMessage.Chain.ALL));
    }

    @Override
    public void cut(String pool, String endpoint, long[] hashes, int count, int keep) {
        add(new Item(pool, endpoint, hashes, count, keep));
    }

    private void add(Item item) {
        int waiting = queued.incrementAndGet();
        if (waiting > QUEUE) {
            queued.decrementAndGet();
            counts.peerPrefixes("left_out", 1);
            return;
        }
        queue.add(item);
        if (waiting == 1) {
            LockSupport.unpark(teller);
        }
    }

    /** Says where prompts went, and where there are few endpoints, what is in flight at them now. */
    private void news() {
        if (places.size() <= FEW) {
            tick();
            return;
        }
        lock.lock();
        try {
            take(System.nanoTime());
            sharing.tellNews(this::send);
        } finally {
            lock.unlock();
        }
    }

    /** Takes over what requests had to tell. Inside the lock. */
    private void take(long now) {
        int told = 0;
        Item item = queue.poll();
        while (item != null) {
            queued.decrementAndGet();
            long key = key(item.pool, item.endpoint);
            if (item.keep == PeerMessage.Chain.ALL) {
                sharing.sent(key, item.hashes, item.count, now);
            } else {
                sharing.cut(key, item.hashes, item.count, item.keep);
            }
            told++;
            item = queue.poll();
        }
        counts.peerPrefixes("told", told);
        counts.peerPrefixes("left_out", sharing.leftOut() - leftOut);
        leftOut = sharing.leftOut();
    }

    /** Says all, and forgets what is too old. */
    private void tick() {
        long now = System.nanoTime();
        Map<Long, Place> next = new ConcurrentHashMap<>();
        List<PeerMessage.Row> own = new ArrayList<>();
        Map<String, LivePool> all = pools.get();
        all.forEach((name, pool) -> {
            pool.promptNews(this);
            pool.slots().forEach((endpoint, slot) -> next.put(key(name, endpoint), new Place(pool, endpoint, slot)));
            pool.own().forEach((endpoint, load) -> own.add(new PeerMessage.Row(key(name, endpoint), load)));
        });
        places = next;
        lock.lock();
        try {
            take(now);
            sharing.tell(own, this::send);
            if (sharing.expire(now)) {
                spread();
            }
        } finally {
            lock.unlock();
        }
    }

    private void send(long to, byte[] frame) {
        network.send(to, frame);
        counts.peerMessage("sent");
    }

    /** Tells all pools what others have in flight. Inside the lock, so that what is older never comes last. */
    private void spread() {
        int present = sharing.present();
        pools.get().forEach((name, pool) -> pool.peers(endpoint -> sharing.load(key(name, endpoint)), present));
    }

    /** Others that have been heard of late. */
    int present() {
        return locked(sharing::present);
    }

    /** Asks the others for a decision that this gateway does not know; waits half a second at most. */
    Optional<byte[]> ask(String id) {
        if (present() == 0) {
            return Optional.empty();
        }
        long number = ThreadLocalRandom.current().nextLong();
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        questions.put(number, answer);
        try {
            lock.lock();
            try {
                sharing.sayToAll(new PeerMessage.Question(number, hash(id)), this::send);
            } finally {
                lock.unlock();
            }
            return Optional.of(answer.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException | ExecutionException nobody) {
            return Optional.empty();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            questions.remove(number);
        }
    }

    private void reply(long from, PeerMessage.Question question) {
        Optional<byte[]> known = explanations.apply(question.id());
        if (known.isEmpty() || known.get().length > PeerCodec.MOST_JSON) {
            return;
        }
        lock.lock();
        try {
            sharing.say(from, new PeerMessage.Answer(question.number(), known.get()), this::send);
        } finally {
            lock.unlock();
        }
    }

    private <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /** What comes in. What it does outside of the lock is put together inside of it. */
    private final class Inbox implements PeerNetwork.Inbox {
        @Override
        public void received(long from, byte[] bytes) {
            List<PeerMessage.Chain> chains = new ArrayList<>();
            lock.lock();
            try {
                Sharing.Outcome outcome = sharing.received(from, bytes, System.nanoTime(), new In(chains));
                counts.peerMessage(outcome.name().toLowerCase(Locale.ROOT));
            } finally {
                lock.unlock();
            }
            believe(chains);
        }

        @Override
        public void members(Set<Long> now) {
            lock.lock();
            try {
                sharing.members(now);
                if (!now.equals(seen)) {
                    LOG.log(System.Logger.Level.INFO, "other replicas of this gateway: {0}", now.size());
                    seen = Set.copyOf(now);
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void refused(String why) {
            counts.peerMessage(why);
        }
    }

    private void believe(Collection<PeerMessage.Chain> chains) {
        int known = 0;
        for (PeerMessage.Chain chain : chains) {
            Place place = places.get(chain.endpoint());
            if (place != null) {
                place.pool.believe(place.slot, chain);
                known++;
            }
        }
        counts.peerPrefixes("heard", known);
        counts.peerPrefixes("unknown", chains.size() - (long) known);
    }

    private final class In implements Sharing.In {
        private final List<PeerMessage.Chain> chains;

        In(List<PeerMessage.Chain> chains) {
            this.chains = chains;
        }

        @Override
        public void loads() {
            spread();
        }

        @Override
        public void prefix(PeerMessage.Chain chain) {
            chains.add(chain);
        }

        @Override
        public void quotas(long from, PeerMessage.Quotas quotas) {
            heard(from, quotas);
        }

        @Override
        public void left(long from) {
            replicas.left(from);
            meters.values().forEach(meter -> meter.quota.left(from));
        }

        @Override
        public void question(long from, PeerMessage.Question question) {
            Thread.ofVirtual().name("peers-answer").start(() -> reply(from, question));
        }

        @Override
        public void answer(PeerMessage.Answer answer) {
            CompletableFuture<byte[]> asked = questions.get(answer.number());
            if (asked != null) {
                asked.complete(answer.json());
            }
        }
    }

    /** What others were told is over with it, and what they said. */
    @Override
    public void close() {
        stop.countDown();
        LockSupport.unpark(teller);
        lock.lock();
        try {
            sharing.sayToAll(new PeerMessage.Bye(), this::send);
        } finally {
            lock.unlock();
        }
        network.close();
    }
}
