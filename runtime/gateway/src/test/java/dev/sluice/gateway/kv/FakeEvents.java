package dev.sluice.gateway.kv;

import dev.sluice.core.kv.KvBatch;
import dev.sluice.core.kv.KvEngine;
import dev.sluice.core.kv.KvEvent;
import dev.sluice.core.kv.KvEventSink;
import dev.sluice.core.kv.KvEventSource;
import dev.sluice.core.kv.KvNews;
import dev.sluice.core.kv.Tier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/** A reader that tells what a test says. */
final class FakeEvents implements KvEventSource {
    static final int BLOCK = 4;
    private final Map<String, Told> told = new ConcurrentHashMap<>();

    /** One subscription. */
    static final class Told implements Subscription {
        final KvEngine engine;
        final KvEventSink sink;
        volatile int resyncs;
        volatile boolean closed;
        private long next;

        Told(KvEngine engine, KvEventSink sink) {
            this.engine = engine;
            this.sink = sink;
        }

        void live() {
            sink.offer(new KvNews.Reset(true, "begins"));
            sink.offer(new KvNews.Live(true));
        }

        /** Blocks of these tokens, named by their position from a first hash on. */
        void stored(long firstHash, int... tokens) {
            long[] hashes = LongStream.range(firstHash, firstHash + tokens.length / BLOCK)
                    .toArray();
            tell(new KvEvent.Stored(Tier.GPU, "", BLOCK, hashes, OptionalLong.empty(), tokens, new long[0]));
        }

        boolean tell(KvEvent event) {
            return sink.offer(new KvNews.Batch(new KvBatch(next++, 1000 + next, List.of(event))));
        }

        @Override
        public synchronized void resync() {
            resyncs++;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Override
    public Subscription subscribe(KvEngine engine, KvEventSink sink) {
        Told one = new Told(engine, sink);
        told.put(engine.events(), one);
        return one;
    }

    /** The subscription to an address, when it is there. */
    Told at(String address) throws InterruptedException {
        await(() -> told.containsKey(address));
        return Objects.requireNonNull(told.get(address));
    }

    @Override
    public void close() {}

    /** Waits for something that another thread does, at most 10 s. */
    static void await(java.util.function.BooleanSupplier done) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!done.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("did not come about");
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    static int[] tokens(int first, int count) {
        int[] tokens = new int[count];
        Arrays.setAll(tokens, i -> first + i);
        return tokens;
    }
}
