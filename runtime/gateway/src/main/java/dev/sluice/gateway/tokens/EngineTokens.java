package dev.sluice.gateway.tokens;

import dev.sluice.gateway.engine.EngineCallException;
import dev.sluice.gateway.engine.EngineCalls;
import dev.sluice.gateway.engine.EngineTarget;
import dev.sluice.gateway.tokens.TokenAnswer.How;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Asks engines which tokens they make of a prompt: first the route that renders such a request, and where an engine has it
 * switched off, {@code /tokenize}. Blocks its caller, on a virtual thread, no longer than its limit; answers are remembered;
 * only so many questions are open at once, and an engine that failed rests for 1 s, then twice as long each time up to 30 s,
 * so that engines in trouble cost the requests of a pool nearly nothing.
 */
public final class EngineTokens implements AutoCloseable {
    private static final int OPEN = 64;
    private static final long CACHED_IDS = 8L << 20;
    private static final int TRIES = 2;
    private static final long FIRST_REST = 1_000_000_000L;
    private static final int MOST_DOUBLINGS = 5;
    private static final long LONGEST_REST = 30_000_000_000L;

    private final Limits limits;
    private final LongSupplier clock;
    private final Semaphore open = new Semaphore(OPEN);
    private final TokenCache cache = new TokenCache(CACHED_IDS);
    private final Map<EngineTarget, Server> servers = new ConcurrentHashMap<>();
    private final AtomicInteger turn = new AtomicInteger();

    /**
     * How long an answer is waited for.
     *
     * @param text as a whole, all tries together
     * @param media the same for prompts with images, audio or video, which engines fetch and decode meanwhile
     */
    public record Limits(Duration text, Duration media) {}

    /** Asks nobody yet. */
    public EngineTokens(Limits limits) {
        this(limits, System::nanoTime);
    }

    EngineTokens(Limits limits, LongSupplier clock) {
        this.limits = limits;
        this.clock = clock;
    }

    /** One of those that are asked, and how it has done. */
    private final class Server {
        final EngineCalls calls;
        private volatile boolean noRender;
        private int failures;
        private long restsUntil = Long.MIN_VALUE;

        Server(EngineTarget target) {
            calls = new EngineCalls(target);
        }

        synchronized boolean rests() {
            return failures > 0 && clock.getAsLong() - restsUntil < 0;
        }

        synchronized void failed() {
            long rest = Math.min(LONGEST_REST, FIRST_REST << Math.min(MOST_DOUBLINGS, failures));
            failures++;
            restsUntil = clock.getAsLong() + rest;
        }

        synchronized void answered() {
            failures = 0;
        }
    }

    /** An answer's status, and its ids where it has some. */
    private record Answer(int status, Optional<int[]> ids) {
        /** The engine has no such route, or it is switched off. */
        boolean noRoute() {
            return status == 403 || status == 404 || status == 405 || status == 501;
        }
    }

    /**
     * Asks, unless the answer is known.
     *
     * @param engines who may be asked; they are asked in turn
     */
    public TokenAnswer of(List<EngineTarget> engines, PromptQuestion asked) {
        if (!asked.askable()) {
            return TokenAnswer.none(How.UNSUITED);
        }
        TokenCache.Key key = TokenCache.Key.of(asked);
        Optional<int[]> known = cache.find(key);
        if (known.isPresent()) {
            return new TokenAnswer(known, How.CACHED);
        }
        if (!open.tryAcquire()) {
            return TokenAnswer.none(How.BUSY);
        }
        try {
            TokenAnswer answer = ask(engines, asked);
            answer.ids().ifPresent(ids -> cache.keep(key, ids));
            return answer;
        } finally {
            open.release();
        }
    }

    private TokenAnswer ask(List<EngineTarget> engines, PromptQuestion asked) {
        forget(engines);
        long end = System.nanoTime() + (asked.media() ? limits.media() : limits.text()).toNanos();
        How how = How.OFF;
        int first = turn.getAndIncrement();
        int tries = 0;
        for (int i = 0; i < engines.size() && tries < TRIES; i++) {
            Server server = servers.computeIfAbsent(engines.get(Math.floorMod(first + i, engines.size())), Server::new);
            if (server.rests()) {
                continue;
            }
            tries++;
            try {
                Answer answer = ask(server, asked, end);
                server.answered();
                if (answer.status() != 200 || answer.ids().isEmpty()) {
                    return TokenAnswer.none(How.UNSUITED);
                }
                return new TokenAnswer(answer.ids(), How.EXACT);
            } catch (EngineCallException failed) {
                server.failed();
                how = How.FAILED;
            }
        }
        return TokenAnswer.none(how);
    }

    private static Answer ask(Server server, PromptQuestion asked, long end) throws EngineCallException {
        if (!server.noRender) {
            Answer rendered = post(server, asked.render(), asked, end);
            if (!rendered.noRoute()) {
                return rendered;
            }
            // A model that the engine has not is a 404 as well: then /tokenize says the same.
            server.noRender = asked.tokenizes();
        }
        return asked.tokenizes() ? post(server, "/tokenize", asked, end) : new Answer(404, Optional.empty());
    }

    private static Answer post(Server server, String path, PromptQuestion asked, long end) throws EngineCallException {
        Duration left = Duration.ofNanos(Math.max(1_000_000, end - System.nanoTime()));
        return server.calls.post(path, asked.body(), left, (status, body) -> {
            if (status == 200) {
                return new Answer(status, TokenReader.read(body));
            }
            body.readNBytes(1 << 16);
            if (status == 429 || (status >= 500 && status != 501)) {
                throw new IOException("answered " + status);
            }
            return new Answer(status, Optional.empty());
        });
    }

    /** Engines that are no longer there are let go. */
    private void forget(List<EngineTarget> engines) {
        if (servers.size() > engines.size()) {
            Set<EngineTarget> living = new HashSet<>(engines);
            servers.entrySet().removeIf(entry -> {
                boolean gone = !living.contains(entry.getKey());
                if (gone) {
                    entry.getValue().calls.close();
                }
                return gone;
            });
        }
    }

    @Override
    public void close() {
        servers.values().forEach(server -> server.calls.close());
    }
}
