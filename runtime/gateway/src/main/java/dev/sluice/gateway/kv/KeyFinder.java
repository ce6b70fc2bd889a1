package dev.sluice.gateway.kv;

import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.index.Xxh64;
import dev.sluice.core.kv.BlockKeys;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.Places;
import dev.sluice.gateway.engine.EngineTarget;
import dev.sluice.gateway.tokens.EngineTokens;
import dev.sluice.gateway.tokens.PromptQuestion;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Finds the keys of prompts. Token ids come from the request where it has them, from memory where the prompt was seen before,
 * and else from an engine, within a time and a number of calls at once; a call that takes longer goes on without the request, and
 * its answer serves the next one. Where nothing comes in time, what is known of the conversation so far still counts, all but the
 * end, where a template may have put other tokens than the next turn has there.
 */
public final class KeyFinder implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofSeconds(5);
    /** Tokens at the end of an earlier prompt that may not begin the next: a partial piece of 64 bytes, the template's last words. */
    private static final int DOUBTFUL = 96;

    private static final byte[] NOTHING = {};

    private final Settings settings;
    private final EngineTokens engines;
    private final KeyCache cache;
    private final Semaphore permits;
    private final Map<Long, CompletableFuture<Optional<PromptKeys>>> running = new ConcurrentHashMap<>();
    private final Consumer<String> outcomes;

    /**
     * Where token ids come from.
     *
     * @param ask false: only from requests that have them
     * @param patience longest time that a request waits for them
     * @param calls at once
     * @param keys that are remembered, 8 bytes each
     */
    public record Settings(boolean ask, Duration patience, int calls, long keys) {}

    /** @param outcomes told what came of each prompt, in one word: see {@code docs/metrics.md} */
    public KeyFinder(Settings settings, Consumer<String> outcomes) {
        this.settings = settings;
        this.outcomes = outcomes;
        this.engines = new EngineTokens(new EngineTokens.Limits(LONGEST, LONGEST));
        this.cache = new KeyCache(settings.keys());
        this.permits = new Semaphore(settings.calls());
    }

    /**
     * The keys of a body's prompt; empty when there is no way to know them now.
     *
     * @param pool in whose names
     * @param prompt the same prompt's approximate blocks
     * @param model as the engine knows it
     * @param adapter the same when it is an adapter; else empty
     * @param salt of its blocks in the engines' caches; empty for none
     * @param asked engines that may be asked
     * @param body what the engine will be sent, when it is needed
     */
    public Optional<PromptKeys> keys(
            KvPool pool,
            BodyScan scan,
            PromptHashes prompt,
            String model,
            String adapter,
            String salt,
            List<EngineTarget> asked,
            Supplier<byte[]> body) {
        int blockSize = pool.blockSize();
        if (blockSize == 0 || !scan.api().fillsCache()) {
            return Optional.empty();
        }
        Naming naming = new Naming(pool, blockSize, adapter, salt);
        int[] ids = scan.promptIds();
        if (ids.length > 0) {
            outcomes.accept("request");
            return Optional.of(naming.keys(ids));
        }
        if (!asks(scan)) {
            outcomes.accept("unknown");
            return Optional.empty();
        }
        long whole = Xxh64.hash(salt, hash(scan, prompt, model, blockSize));
        Optional<PromptKeys> known = cache.whole(whole);
        if (known.isPresent()) {
            outcomes.accept("remembered");
            return known;
        }
        Optional<PromptKeys> answered = settings.ask()
                ? ask(whole, naming, new PromptQuestion(scan.api(), body.get(), false), prompt, asked)
                : Optional.empty();
        return answered.isPresent() ? answered : begun(prompt, blockSize);
    }

    /** One prompt of text, of a kind that engines take apart for others. */
    private static boolean asks(BodyScan scan) {
        if (scan.tokenIds() || scan.media() > 0 || scan.previousResponseId().isPresent()) {
            return false;
        }
        Places parts = scan.segments();
        for (int i = 0; scan.api() == Api.COMPLETIONS && i < parts.count(); i++) {
            if (parts.kind(i) == Places.Kind.PROMPT && scan.body().get(parts.start(i)) != '"') {
                return false;
            }
        }
        return parts.count() > 0 && new PromptQuestion(scan.api(), NOTHING, false).askable();
    }

    private static long hash(BodyScan scan, PromptHashes prompt, String model, int blockSize) {
        Places parts = scan.segments();
        long hash = Xxh64.hash(model, blockSize);
        for (int i = 0; i < parts.count(); i++) {
            int length = parts.end(i) - parts.start(i);
            hash = Xxh64.hash(scan.body(), parts.start(i), length, hash ^ length);
        }
        return Xxh64.hash(prompt.count(), hash);
    }

    private Optional<PromptKeys> begun(PromptHashes prompt, int blockSize) {
        Optional<PromptKeys> before = cache.beginning(prompt.hashes(), prompt.count())
                .filter(keys -> keys.blockSize() == blockSize)
                .map(KeyFinder::withoutItsEnd)
                .filter(keys -> keys.keys().length > 0);
        outcomes.accept(before.isPresent() ? "begun" : "unknown");
        return before;
    }

    private static PromptKeys withoutItsEnd(PromptKeys keys) {
        int sure = Math.max(0, (keys.tokens() - DOUBTFUL) / keys.blockSize());
        long[] kept = Arrays.copyOf(keys.keys(), Math.min(keys.keys().length, sure));
        return new PromptKeys(kept.length * keys.blockSize(), keys.blockSize(), kept, false);
    }

    private Optional<PromptKeys> ask(
            long whole, Naming naming, PromptQuestion question, PromptHashes prompt, List<EngineTarget> asked) {
        CompletableFuture<Optional<PromptKeys>> answer = running.get(whole);
        if (answer == null) {
            if (!permits.tryAcquire()) {
                outcomes.accept("busy");
                return Optional.empty();
            }
            CompletableFuture<Optional<PromptKeys>> begun = new CompletableFuture<>();
            answer = begun;
            running.put(whole, begun);
            long beginning = prompt.count() == 0 ? 0 : prompt.hashes()[prompt.count() - 1];
            Thread.ofVirtual().name("tokenize").start(() -> {
                Optional<PromptKeys> keys = Optional.empty();
                try {
                    keys = engines.of(asked, question).ids().map(naming::keys);
                    keys.ifPresent(found -> cache.put(whole, beginning, found));
                } finally {
                    permits.release();
                    running.remove(whole);
                    begun.complete(keys);
                }
            });
        }
        return await(answer);
    }

    private Optional<PromptKeys> await(CompletableFuture<Optional<PromptKeys>> answer) {
        try {
            Optional<PromptKeys> keys = answer.get(settings.patience().toNanos(), TimeUnit.NANOSECONDS);
            outcomes.accept(keys.isPresent() ? "asked" : "failed");
            return keys;
        } catch (TimeoutException late) {
            outcomes.accept("late");
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException impossible) {
            outcomes.accept("failed");
        }
        return Optional.empty();
    }

    /** How blocks are named. */
    private record Naming(KvPool pool, int blockSize, String adapter, String salt) {
        private static final long[] NOTHING = {};

        /** A salt stands in a prompt's first block, as in the engines' events. */
        private long[] extras() {
            return salt.isEmpty() ? NOTHING : new long[] {BlockKeys.extra(salt, 0)};
        }

        PromptKeys keys(int[] ids) {
            return new PromptKeys(
                    ids.length, blockSize, pool.keys().of(ids, ids.length, blockSize, adapter, extras()), true);
        }
    }

    /** Closes connections to engines. */
    @Override
    public void close() {
        engines.close();
    }
}
