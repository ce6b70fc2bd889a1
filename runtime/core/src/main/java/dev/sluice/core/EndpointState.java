package dev.sluice.core;

import dev.sluice.core.discovery.Standing;
import dev.sluice.core.peers.PeerLoad;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Signal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything a pool knows of one endpoint. Changed only by {@link Pool}. */
final class EndpointState {
    Endpoint endpoint;
    final int slot;
    EndpointStatus status = EndpointStatus.PROBING;
    String reason = "not yet asked which models it serves";
    long since;
    /** Its status or the reason of it is other than when it was told last. */
    boolean untold;

    List<String> models = List.of();
    /** What is said of it where it was found, and why. */
    Standing standing = Standing.IN;

    String said = "";
    /** Most requests that it may get at a time, as is said there. */
    int most = Integer.MAX_VALUE;

    Scrape scrape = Scrape.UNKNOWN;
    long scrapedAt = Long.MIN_VALUE;

    int inFlight;
    int decoding;
    /** Uncached tokens of all claims without a first token. */
    long pendingPrefillTokens;
    /** Of these, tokens of claims whose first token will be seen. */
    long observedTokens;

    long decodingTokens;
    /** What other replicas of this gateway have in flight here, as they say. */
    PeerLoad peers = PeerLoad.NONE;
    /** Prompt tokens computed so far, as far as the ledger knows. */
    double prefilledTokens;

    /** When the prompts whose end is not seen will have been computed, if the learned rate holds. */
    long unseenUntil = Long.MIN_VALUE;
    /** Observed claims without a first token, in the order of dispatch. */
    private @Nullable Charge head;

    private @Nullable Charge tail;
    /** What the prefix index keeps for this endpoint, tokens; NaN when nobody has said. */
    double indexedTokens = Double.NaN;

    final LearnedRates rates;
    final CacheTrust trust;
    final ConcurrencyLimit limit = new ConcurrencyLimit();

    int consecutiveFailures;
    int ejections;
    long ejectedUntil;
    long slowStartUntil;
    boolean probeOut;
    long dispatched;

    EndpointState(Endpoint endpoint, int slot, PoolSettings.Priors priors, LearnedRates fleet, long now) {
        this.endpoint = endpoint;
        this.slot = slot;
        this.since = now;
        this.rates = fleet.endpoint();
        this.trust = new CacheTrust(priors.kvTokens());
    }

    void become(EndpointStatus next, String why, long now) {
        if (status != next) {
            since = now;
        }
        untold |= status != next || !reason.equals(why);
        status = next;
        reason = why;
    }

    /**
     * Uncached tokens that still have to be computed, as far as we know. What is observed counts in full until its first
     * token comes, but for the oldest, which the engine works at: it counts less the longer the engine has been at it, by
     * the learned rate. An engine that hangs therefore does not look idle. What is not observed drains by the rate alone.
     */
    double pendingTokens(double rate, long now) {
        double pending = (double) observedTokens;
        if (head != null) {
            double done = rate * Math.max(0, now - Math.max(head.at, rates.lastFirstToken())) / 1e9;
            pending -= Math.min(head.work.uncachedTokens(), done);
        }
        double unseen = Math.max(0, unseenUntil - now) / 1e9 * rate;
        return pending + Math.min((double) (pendingPrefillTokens - observedTokens), unseen);
    }

    /** The same with what other replicas have sent here. */
    double pendingOfAll(double rate, long now) {
        return pendingTokens(rate, now) + peers.pendingTokens();
    }

    /** Requests here, those of other replicas included. */
    int inFlightOfAll() {
        return inFlight + peers.requests();
    }

    /** Streams here, those of other replicas included. */
    int decodingOfAll() {
        return decoding + peers.decoding();
    }

    /** What this gateway alone has in flight. */
    PeerLoad own(long now) {
        return inFlight == 0
                ? PeerLoad.NONE
                : PeerLoad.clamped(
                        inFlight,
                        pendingTokens(rates.at(now).prefillRate(), now),
                        (double) pendingPrefillTokens,
                        decoding,
                        (double) decodingTokens);
    }

    void charge(Charge charge, long now) {
        Work work = charge.work;
        inFlight++;
        dispatched++;
        double rate = rates.at(now).prefillRate();
        if (work.observed()) {
            observedTokens += work.uncachedTokens();
            charge.before = tail;
            if (tail == null) {
                head = charge;
            } else {
                tail.after = charge;
            }
            tail = charge;
        } else {
            unseenUntil = now + (long) ((charge.ahead + work.uncachedTokens()) / rate * 1e9);
        }
        pendingPrefillTokens += work.uncachedTokens();
    }

    /** A claim has no prefill ahead of it any more: its first token came, or it ended without one. */
    void prefilled(Charge charge) {
        pendingPrefillTokens -= charge.work.uncachedTokens();
        prefilledTokens += charge.work.uncachedTokens();
        if (!charge.work.observed()) {
            return;
        }
        observedTokens -= charge.work.uncachedTokens();
        if (charge.before == null) {
            head = charge.after;
        } else {
            charge.before.after = charge.after;
        }
        if (charge.after == null) {
            tail = charge.before;
        } else {
            charge.after.before = charge.before;
        }
        charge.before = null;
        charge.after = null;
    }

    /** Whether it may compute prompts for others. */
    boolean prefills() {
        return Links.prefills(endpoint.role());
    }

    /** Whether it may serve a request to its end. */
    boolean decodes() {
        return Links.decodes(endpoint.role());
    }

    boolean serving() {
        return status == EndpointStatus.READY || status == EndpointStatus.SLOW_START;
    }

    /** Slow start ends by the clock alone, whenever somebody looks. */
    void warmUp(long now) {
        if (status == EndpointStatus.SLOW_START && now >= slowStartUntil) {
            become(EndpointStatus.READY, "warmed up", slowStartUntil);
        }
    }

    /**
     * As an operator sees it.
     *
     * @param most requests charged to it at a time
     */
    EndpointReport report(int most, long now) {
        warmUp(now);
        LearnedRates.Figures speed = rates.at(now);
        return new EndpointReport(
                endpoint,
                status,
                reason,
                (now - since) / 1e6,
                models,
                inFlight,
                most,
                pendingTokens(speed.prefillRate(), now),
                speed.prefillRate(),
                speed.tokenMs(),
                trust.capacityTokens(),
                trust.factor(),
                dispatched);
    }

    /** Writes this endpoint's row of a snapshot, without how fast it is. */
    void write(double[] values, LearnedRates.Figures speed, PoolSettings settings, long now) {
        put(values, Signal.WAITING, scrape.waiting());
        put(values, Signal.RUNNING, scrape.running());
        put(values, Signal.KV_USAGE, scrape.kvUsage());
        put(values, Signal.BLOCK_SIZE, Double.isNaN(scrape.blockSize()) ? settings.blockSize() : scrape.blockSize());
        put(values, Signal.KV_BLOCKS, scrape.kvBlocks());
        put(values, Signal.ADAPTER_RUNNING, Double.NaN);
        put(values, Signal.ADAPTER_WAITING, Double.NaN);
        put(values, Signal.ADAPTERS, scrape.adapters().count());
        put(values, Signal.MAX_ADAPTERS, scrape.adapters().max());
        put(values, Signal.IN_FLIGHT_REQUESTS, inFlightOfAll());
        put(values, Signal.PENDING_PREFILL_TOKENS, pendingOfAll(speed.prefillRate(), now));
        put(values, Signal.IN_FLIGHT_TOKENS, (double) (pendingPrefillTokens + peers.promptTokens()));
        put(values, Signal.DECODING_REQUESTS, decodingOfAll());
        put(values, Signal.DECODING_TOKENS, (double) (decodingTokens + peers.decodingTokens()));
        put(values, Signal.CACHED_TOKENS, 0);
        put(values, Signal.PULLED_TOKENS, 0);
        put(values, Signal.PULL_MS, 0);
        put(values, Signal.PROMPT_TOKENS, Double.NaN);
        put(values, Signal.OUTPUT_TOKENS, Snapshot.OF_THE_POOL);
        put(values, Signal.SESSION, Double.NaN);
        put(values, Signal.SLOW_START, slowStart(settings, now));
        put(values, Signal.CACHE_FILL, Math.min(1, indexedTokens / Math.max(1, trust.capacityTokens())));
    }

    private double slowStart(PoolSettings settings, long now) {
        long left = slowStartUntil - now;
        long total = settings.slowStart().toNanos();
        if (status != EndpointStatus.SLOW_START || left <= 0 || total <= 0) {
            return 1;
        }
        return Math.clamp(1 - left / (double) total, 0.1, 1);
    }

    private static void put(double[] values, Signal signal, double value) {
        values[signal.ordinal()] = value;
    }
}
