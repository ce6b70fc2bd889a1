package dev.sluice.simulator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One engine in virtual time with a record of what it said. */
final class Bench implements EngineSink {
    final Engine engine;
    final Map<Long, Integer> cached = new LinkedHashMap<>();
    final Map<Long, List<Long>> tokens = new LinkedHashMap<>();
    final Map<Long, FinishReason> finished = new LinkedHashMap<>();
    final Map<Long, Usage> usage = new LinkedHashMap<>();
    final List<Long> preempted = new ArrayList<>();
    final Map<Long, Integer> pulls = new LinkedHashMap<>();
    final Map<String, KvPin> kept = new LinkedHashMap<>();
    final List<String> expired = new ArrayList<>();
    String death = "";
    long traceHash;
    long now;

    Bench(EngineProfile profile) {
        this(profile, 1);
    }

    Bench(EngineProfile profile, long seed) {
        engine = new Engine(profile, seed);
    }

    /** A profile whose arithmetic is easy: 10 ms a step, 1 ms a prompt token, no noise, no overhead. */
    static EngineProfile plain() {
        return new EngineProfile("plain", "m", 10, 0, 0, 1, 0, 0, 0, 100, 4, 1, 16, 1000, 10_000, 0, false, true);
    }

    /** A prompt of its own content. */
    static long[] prompt(long content, int blocks) {
        var hashes = new long[blocks];
        var parent = content;
        for (var i = 0; i < blocks; i++) {
            parent = Hashes.next(parent, content);
            hashes[i] = parent;
        }
        return hashes;
    }

    Bench submit(EngineRequest request) {
        if (engine.submit(request, now) != Submission.ACCEPTED) {
            throw new IllegalStateException("refused: " + request.id());
        }
        return this;
    }

    Bench untilIdle() {
        for (var next = engine.nextEventNanos(); next != Long.MAX_VALUE; next = engine.nextEventNanos()) {
            step();
        }
        return this;
    }

    /** What has been said so far is dropped; the engine keeps what it has. */
    void forget() {
        cached.clear();
        tokens.clear();
        finished.clear();
        usage.clear();
    }

    void step() {
        now = Math.max(now, engine.nextEventNanos());
        engine.advance(now, this);
    }

    void until(long millis) {
        while (engine.nextEventNanos() <= millis * 1_000_000) {
            step();
        }
        now = millis * 1_000_000;
        engine.advance(now, this);
    }

    /** Milliseconds from 0 to the given token, counted from 1. */
    double tokenMillis(long id, int ordinal) {
        return tokens.getOrDefault(id, List.of()).get(ordinal - 1) / 1e6;
    }

    @Override
    public void started(long id, int cachedTokens, long atNanos) {
        cached.put(id, cachedTokens);
        trace(id, cachedTokens, atNanos);
    }

    @Override
    public void token(long id, int ordinal, long atNanos) {
        tokens.computeIfAbsent(id, k -> new ArrayList<>()).add(atNanos);
        trace(id, ordinal, atNanos);
    }

    @Override
    public void finished(long id, FinishReason reason, Usage used, long atNanos) {
        finished.put(id, reason);
        usage.put(id, used);
        trace(id, used.outputTokens(), atNanos);
    }

    @Override
    public void preempted(long id, long atNanos) {
        preempted.add(id);
        trace(id, -1, atNanos);
    }

    @Override
    public void pull(long id, int from, int tokens, long atNanos) {
        pulls.put(id, tokens);
        trace(id, tokens, atNanos);
    }

    @Override
    public void kept(KvPin pin, long atNanos) {
        kept.put(pin.key(), pin);
        trace(pin.request(), pin.tokens(), atNanos);
    }

    @Override
    public void expired(KvPin pin, long atNanos) {
        expired.add(pin.key());
        trace(pin.request(), -2, atNanos);
    }

    @Override
    public void died(String why, long atNanos) {
        death = why;
    }

    private void trace(long id, long value, long at) {
        traceHash = Hashes.combine(Hashes.combine(Hashes.combine(traceHash, id), value), at);
    }
}
