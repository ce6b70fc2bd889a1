package dev.sluice.app.drill;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/** So many clients, each of which asks, reads the answer, pauses a little, and asks again. Half of them keep their connections. */
final class Load implements AutoCloseable {
    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(40);
    private static final long FAILED_PAUSE = TimeUnit.MILLISECONDS.toNanos(50);

    private final Tally tally;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean over;

    private Load(Tally tally) {
        this.tally = tally;
    }

    /**
     * Begins.
     *
     * @param retry whether a request whose connection was lost before a byte of an answer is sent once more
     */
    static Load start(
            Front front,
            int clients,
            long seed,
            boolean retry,
            Tally tally,
            Function<SplittableRandom, Ask> asks,
            Function<SplittableRandom, String> keys) {
        Load load = new Load(tally);
        SplittableRandom seeds = new SplittableRandom(seed);
        for (int i = 0; i < clients; i++) {
            SplittableRandom random = seeds.split();
            boolean keep = i % 2 == 0;
            load.threads.add(Thread.ofVirtual()
                    .name("client-" + i)
                    .start(() -> load.run(front, random, keep, retry, asks, keys)));
        }
        return load;
    }

    private void run(
            Front front,
            SplittableRandom random,
            boolean keep,
            boolean retry,
            Function<SplittableRandom, Ask> asks,
            Function<SplittableRandom, String> keys) {
        try (Client client = new Client(front.port(), front::carrier)) {
            while (!over) {
                Ask ask = asks.apply(random);
                Result first = client.call(ask, keys.apply(random), keep);
                Result last = first;
                boolean again = retry && first.ending() == Ending.NO_BYTE;
                if (again) {
                    last = client.call(ask, keys.apply(random), keep);
                }
                tally.add(new Tally.Request(first, last, again));
                LockSupport.parkNanos(last.ending() == Ending.COMPLETE ? random.nextLong(PAUSE) : FAILED_PAUSE);
            }
        }
    }

    /** Lets clients finish what they have, and waits for them. */
    @Override
    public void close() {
        over = true;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
