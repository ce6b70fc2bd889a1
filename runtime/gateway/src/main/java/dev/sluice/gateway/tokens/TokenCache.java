package dev.sluice.gateway.tokens;

import dev.sluice.core.index.Xxh64;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** Answers by the 128-bit hash of what was asked; who was not asked for longest goes first. */
final class TokenCache {
    private static final long SECOND = 0x9E3779B97F4A7C15L;

    private final ReentrantLock lock = new ReentrantLock();
    private final LinkedHashMap<Key, int[]> answers = new LinkedHashMap<>(64, 0.75f, true);
    private final long most;
    private long held;

    /** @param most ids in all answers together */
    TokenCache(long most) {
        this.most = most;
    }

    /** Of what is asked: two hashes of its bytes, and the route. */
    record Key(long first, long second, String route) {
        static Key of(PromptQuestion asked) {
            ByteBuffer bytes = ByteBuffer.wrap(asked.body());
            int length = asked.body().length;
            return new Key(
                    Xxh64.hash(bytes, 0, length, 0),
                    Xxh64.hash(bytes, 0, length, SECOND),
                    asked.api().path());
        }
    }

    Optional<int[]> find(Key key) {
        lock.lock();
        try {
            return Optional.ofNullable(answers.get(key));
        } finally {
            lock.unlock();
        }
    }

    void keep(Key key, int[] ids) {
        lock.lock();
        try {
            int[] before = answers.put(key, ids);
            held += ids.length - (before == null ? 0 : before.length);
            while (held > most) {
                held -= answers.pollFirstEntry().getValue().length;
            }
        } finally {
            lock.unlock();
        }
    }
}
