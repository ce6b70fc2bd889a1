package dev.sluice.core;

import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Signal;
import java.util.List;

/** Everything a pool knows of one endpoint. Changed only by {@link Pool}. */
final class EndpointState {
    Endpoint endpoint;
    final int slot;
    EndpointStatus status = EndpointStatus.PROBING;
    String reason = "not yet asked which models it serves";
    long since;
    List<String> models = List.of();
    Scrape scrape = Scrape.UNKNOWN;
    long scrapedAt = Long.MIN_VALUE;
    /** Requests of ours that were in flight when the page was read: what the page counts beyond them is others' traffic. */
    int inFlightAtScrape;

    int inFlight;
    int decoding;
    long pendingPrefillTokens;
    long decodingTokens;
    /** When the prompts charged so far will have been computed, if the learned rate holds. */
    long prefillBusyUntil = Long.MIN_VALUE;

    final LearnedRates rates;
    final CacheTrust trust;

    int consecutiveFailures;
    int ejections;
    long ejectedUntil;
    long slowStartUntil;
    boolean probeOut;
    long dispatched;

    EndpointState(Endpoint endpoint, int slot, PoolSettings.Priors priors, long now) {
        this.endpoint = endpoint;
        this.slot = slot;
        this.since = now;
        this.rates = new LearnedRates(priors);
        this.trust = new CacheTrust(priors.kvTokens());
    }

    void become(EndpointStatus next, String why, long now) {
        if (status != next) {
            since = now;
        }
        status = next;
        reason = why;
    }

    /** Uncached tokens that still have to be computed, as far as we know: charged and, by the learned rate, not yet done. */
    double pendingTokens(long now) {
        double byTime = Math.max(0, prefillBusyUntil - now) / 1e9 * rates.prefillRate();
        return Math.min((double) pendingPrefillTokens, byTime);
    }

    void charge(Work work, long now) {
        inFlight++;
        dispatched++;
        pendingPrefillTokens += work.uncachedTokens();
        long busy = (long) (work.uncachedTokens() / rates.prefillRate() * 1e9);
        prefillBusyUntil = Math.max(now, prefillBusyUntil) + busy;
    }

    void prefilled(Work work, long now) {
        pendingPrefillTokens -= work.uncachedTokens();
        long left = (long) (pendingPrefillTokens / rates.prefillRate() * 1e9);
        prefillBusyUntil = Math.min(prefillBusyUntil, now + left);
    }

    /** Writes this endpoint's row of a snapshot. */
    void write(double[] values, int offset, PoolSettings settings, OutputEstimate output, long now) {
        rates.refresh(now);
        put(values, offset, Signal.WAITING, scrape.waiting());
        put(values, offset, Signal.RUNNING, scrape.running());
        put(values, offset, Signal.KV_USAGE, scrape.kvUsage());
        put(values, offset, Signal.BLOCK_SIZE, Double.isNaN(scrape.blockSize()) ? settings.blockSize() : scrape.blockSize());
        put(values, offset, Signal.IN_FLIGHT_REQUESTS, inFlight);
        put(values, offset, Signal.PENDING_PREFILL_TOKENS, pendingTokens(now));
        put(values, offset, Signal.IN_FLIGHT_TOKENS, (double) pendingPrefillTokens);
        put(values, offset, Signal.DECODING_REQUESTS, decoding);
        put(values, offset, Signal.DECODING_TOKENS, (double) decodingTokens);
        put(values, offset, Signal.CACHED_TOKENS, 0);
        put(values, offset, Signal.PROMPT_TOKENS, Double.NaN);
        put(values, offset, Signal.PREFILL_RATE, rates.prefillRate());
        put(values, offset, Signal.TOKEN_TIME_MS, rates.tokenMs());
        put(values, offset, Signal.TOKEN_TIME_SLOPE_MS, rates.tokenSlopeMs());
        put(values, offset, Signal.OVERHEAD_MS, rates.overheadMs());
        put(values, offset, Signal.OUTPUT_TOKENS, output.mean());
        put(values, offset, Signal.SESSION, Double.NaN);
        put(values, offset, Signal.SLOW_START, slowStart(settings, now));
    }

    private double slowStart(PoolSettings settings, long now) {
        long left = slowStartUntil - now;
        long total = settings.slowStart().toNanos();
        if (status != EndpointStatus.SLOW_START || left <= 0 || total <= 0) {
            return 1;
        }
        return Math.clamp(1 - left / (double) total, 0.1, 1);
    }

    private static void put(double[] values, int offset, Signal signal, double value) {
        values[offset + signal.ordinal()] = value;
    }
}
