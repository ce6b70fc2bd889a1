package dev.sluice.simulator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The sequences of one client request on their way: the engine's thread reports, the connection's thread waits for news and
 * writes. A monitor guards it; nothing is done under it but counting.
 */
final class Answer {
    /** What is known of one sequence. Only read and written under the answer's monitor. */
    private static final class Progress {
        private int ready;
        private int cached;
        private int external;
        private boolean ended;
        private FinishReason reason = FinishReason.ERROR;
    }

    /** A consistent look at one sequence. */
    record View(int ready, int cached, int external, boolean ended, FinishReason reason) {}

    private final List<Plan> plans;
    private final List<Progress> progress = new ArrayList<>();
    private int open;
    private boolean news;
    private boolean cancelled;
    private boolean engineDead;
    private final Map<Integer, String> kept = new LinkedHashMap<>();

    Answer(List<Plan> plans) {
        this.plans = plans;
        plans.forEach(plan -> progress.add(new Progress()));
        open = plans.size();
    }

    List<Plan> plans() {
        return plans;
    }

    synchronized void onStarted(int sequence, int cachedTokens) {
        progress.get(sequence).cached = cachedTokens;
    }

    /** So many tokens of its prompt come from another engine. */
    synchronized void onPull(int sequence, int tokens) {
        progress.get(sequence).external = tokens;
    }

    /** Its blocks were kept for another engine; {@code params} is JSON that says how to get them. */
    synchronized void onKept(int sequence, String params) {
        kept.remove(sequence);
        kept.put(sequence, params);
    }

    /** What was kept last among the first so many sequences, as JSON: all that vLLM's answers tell of several. */
    synchronized String kept(int sequences) {
        var last = "null";
        for (var entry : kept.entrySet()) {
            last = entry.getKey() < sequences ? entry.getValue() : last;
        }
        return last;
    }

    synchronized void onToken(int sequence, int ordinal) {
        progress.get(sequence).ready = ordinal;
        tell();
    }

    synchronized void onFinished(int sequence, FinishReason reason) {
        var its = progress.get(sequence);
        its.ended = true;
        its.reason = reason;
        open--;
        tell();
    }

    /** Ends what has not ended with {@link FinishReason#ABORT}, as a server that is being stopped does. */
    synchronized void terminate() {
        for (var i = 0; i < progress.size(); i++) {
            if (!progress.get(i).ended) {
                onFinished(i, FinishReason.ABORT);
            }
        }
    }

    /** The client left. */
    synchronized void cancel() {
        cancelled = true;
        tell();
    }

    /** The engine died under it. */
    synchronized void kill() {
        engineDead = true;
        tell();
    }

    /**
     * Waits for news.
     *
     * @throws ClientGoneException when the client left
     * @throws ApiException when the engine died or gave the sequence up
     */
    synchronized void await() throws InterruptedException {
        while (!news && !cancelled && !engineDead) {
            wait();
        }
        news = false;
        if (cancelled) {
            throw new ClientGoneException();
        }
        if (engineDead) {
            throw ApiException.engineDead();
        }
        if (progress.stream().anyMatch(its -> its.ended && its.reason == FinishReason.ERROR)) {
            throw ApiException.internal();
        }
    }

    /** Waits until all sequences have ended; throws as {@link #await}. */
    synchronized void awaitEnd() throws InterruptedException {
        while (open > 0 || news) {
            await();
        }
    }

    synchronized View view(int sequence) {
        var its = progress.get(sequence);
        return new View(its.ready, its.cached, its.external, its.ended, its.reason);
    }

    synchronized boolean done() {
        return open == 0;
    }

    private void tell() {
        news = true;
        notifyAll();
    }
}
