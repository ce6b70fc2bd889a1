package dev.sluice.simulator;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/** Counters and histograms of one engine since its start, under vLLM's names (metrics section of docs/simulator.md). */
public final class EngineStats {
    private static final double[] TTFT = {
        .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560
    };
    private static final double[] TOKEN = {
        .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
    };
    private static final double[] PHASE = {
        .3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
    };
    final Histogram timeToFirstToken = new Histogram(TTFT);
    final Histogram interToken = new Histogram(TOKEN);
    final Histogram timePerOutputToken = new Histogram(TOKEN);
    final Histogram endToEnd = new Histogram(PHASE);
    final Histogram queueTime = new Histogram(PHASE);
    final Histogram inferenceTime = new Histogram(PHASE);
    final Histogram prefillTime = new Histogram(PHASE);
    final Histogram decodeTime = new Histogram(PHASE);
    final Histogram requestPromptTokens;
    final Histogram requestGenerationTokens;
    final Histogram requestMaxTokens;
    final Histogram requestPrefillComputed;
    final Histogram requestParamsN = new Histogram(1, 2, 5, 10, 20);
    final Histogram requestPreemptions = new Histogram(1, 2, 3, 4, 5, 10, 20);
    final Histogram iterationTokens = new Histogram(1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384);
    private final Map<FinishReason, Long> finished = new EnumMap<>(FinishReason.class);
    long prefixQueries;
    long prefixHits;
    long preemptions;
    long recomputedTokens;
    long promptTokens;
    long cachedPromptTokens;
    long generationTokens;
    long steps;
    long queueRefusals;
    long externalHits;
    long externalPromptTokens;
    long expiredLeases;
    long failedTransfers;

    EngineStats(int maxModelLen) {
        var lengths = lengths(maxModelLen);
        requestPromptTokens = new Histogram(lengths);
        requestGenerationTokens = new Histogram(lengths);
        requestMaxTokens = new Histogram(lengths);
        requestPrefillComputed = new Histogram(lengths);
    }

    /** Prompt tokens looked up in the prefix cache. */
    public long prefixQueries() {
        return prefixQueries;
    }

    /** Of these, tokens found. */
    public long prefixHits() {
        return prefixHits;
    }

    /** Times a sequence lost its blocks and had to be computed again. */
    public long preemptions() {
        return preemptions;
    }

    /** Tokens whose KV preemption threw away, cached ones that come back included. */
    public long recomputedTokens() {
        return recomputedTokens;
    }

    /** Prompt tokens of all sequences whose prompt was finished, cached ones included. */
    public long promptTokens() {
        return promptTokens;
    }

    /** Tokens generated. */
    public long generationTokens() {
        return generationTokens;
    }

    /** Scheduler steps. */
    public long steps() {
        return steps;
    }

    /** Requests refused because the queue was full. */
    public long queueRefusals() {
        return queueRefusals;
    }

    /** Prompt tokens that other engines or a storage had. */
    public long externalHits() {
        return externalHits;
    }

    /** Leases that ended before anybody fetched the blocks. */
    public long expiredLeases() {
        return expiredLeases;
    }

    /** Transfers from other engines that failed. */
    public long failedTransfers() {
        return failedTransfers;
    }

    /** Sequences that ended for this reason. */
    public long finished(FinishReason reason) {
        return finished.getOrDefault(reason, 0L);
    }

    /** The newest token of a sequence. */
    void token(Sequences seqs, int slot, long now) {
        generationTokens++;
        if (seqs.generated[slot] == 1) {
            seqs.firstTokenAt[slot] = now;
            promptTokens += seqs.prompt[slot];
            cachedPromptTokens += seqs.cached[slot];
            externalPromptTokens += seqs.external[slot];
            timeToFirstToken.record(seconds(now - seqs.submittedAt[slot]));
        } else {
            interToken.record(seconds(now - seqs.lastTokenAt[slot]));
        }
        seqs.lastTokenAt[slot] = now;
    }

    /** A sequence that ended well. */
    void finished(Sequences seqs, int slot, long now) {
        endToEnd.record(seconds(now - seqs.submittedAt[slot]));
        queueTime.record(seconds(seqs.startedAt[slot] - seqs.readyAt[slot]));
        prefillTime.record(seconds(seqs.firstTokenAt[slot] - seqs.startedAt[slot]));
        decodeTime.record(seconds(now - seqs.firstTokenAt[slot]));
        inferenceTime.record(seconds(now - seqs.startedAt[slot]));
        // An answer of one token counts with 0, as in vLLM.
        timePerOutputToken.record(seconds(now - seqs.firstTokenAt[slot]) / Math.max(1, seqs.generated[slot] - 1));
        requestPromptTokens.record(seqs.prompt[slot]);
        requestGenerationTokens.record(seqs.generated[slot]);
        requestMaxTokens.record(seqs.maxTokens[slot]);
        requestPrefillComputed.record(seqs.prompt[slot] - seqs.cached[slot]);
        requestPreemptions.record(seqs.preemptions[slot]);
    }

    private static double seconds(long nanos) {
        return nanos * 1e-9;
    }

    void ended(FinishReason reason) {
        finished.merge(reason, 1L, Long::sum);
    }

    /** The 1-2-5 series up to the limit, as vLLM's {@code build_1_2_5_buckets}. */
    static double[] lengths(int limit) {
        var bounds = new double[40];
        var n = 0;
        for (var decade = 1L; ; decade *= 10) {
            for (var m : new int[] {1, 2, 5}) {
                if (m * decade > limit) {
                    return Arrays.copyOf(bounds, n);
                }
                bounds[n++] = m * decade;
            }
        }
    }
}
