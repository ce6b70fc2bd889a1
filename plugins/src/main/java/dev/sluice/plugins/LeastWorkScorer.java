package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import dev.sluice.spi.Signal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The default policy: the best candidate is the one on which this request adds the least time, to itself, to the streams
 * that already run there, and to those who will miss what it pushes out of the cache. Everything is in milliseconds.
 *
 * <p><b>The cost.</b> For a request with n prompt tokens and L expected output tokens, on a candidate that holds h of the
 * prompt, has Q uncached prompt tokens ahead, k requests in flight of which d decode, a learned prefill rate mu, a learned
 * time per output token tau + sigma * (other streams) and a fixed overhead o; H is the largest h of all candidates:
 * <pre>
 *   wait         = o + Q / mu                            what was charged there before
 *   foreign      = f * (Q + n) / (k - d + 1) / mu        f: requests that wait there and are none of ours
 *   admission    = (waiting + 1) * L * (tau + sigma * k) / k         only while its KV cache is full
 *   prefill      = max(1, n - h - g) / mu                own work that no cache saves
 *   pull         = time to fetch g tokens                that another candidate holds, where that is sooner
 *   decode       = decodeWeight * L * tau
 *   crowding     = crowdingWeight * L * sigma * k        what streams there take from ours, and ours from them
 *   interference = interferenceWeight * d * prefill
 *   eviction     = evictionWeight * (H - h + c * max(1, n - h)) / mu         c: share of its cache that is taken
 * </pre>
 * The sum is divided by the share that a warming endpoint may take, and the endpoint that served the session last is
 * forgiven a millisecond. The score is (1 + least cost) / (1 + cost): 1 for the best, half for twice the time.
 *
 * <p><b>A pull</b> is priced between a hit and a miss: the g tokens cost the time of their link instead of g / mu, and disturb no
 * stream here; but they take room in this cache like computed ones, so eviction counts them in full.
 *
 * <p><b>Invariant.</b> Within one request the score falls strictly as the cost grows, and the cost grows with every
 * signal that means more work and falls with every one that means less. A candidate whose always-known signals are not
 * there abstains; scraped ones (waiting, KV use) only add to the picture and are left out where unknown.
 *
 * <p><b>Why.</b> Work is what makes requests wait, and only uncached tokens are work: counting requests, or prompt tokens
 * without the cache, sends a 100-token and a 100,000-token prompt to the same queue. With Q and n - h in one unit,
 * stickiness needs no rule of its own: a session or a hot prefix stays where it is cached as long as the queue there is
 * shorter than what the cache saves, and leaves at exactly that point. A slow engine loses traffic because its learned mu
 * and tau say so, whatever its metrics claim. Prefill and decode share an engine's steps: with chunked prefill each stream
 * there stands still for about as long as our prefill computes (d * prefill), and each further stream makes every step
 * longer (sigma). Prefill work alone is blind to that and piles decodes up on the engine with the best cache. A full KV
 * cache is no cost in itself, as its blocks are what hits are made of; it becomes one when the engine can't admit: then
 * (waiting + 1) streams have to end first, and k of them end in the time one takes.
 *
 * <p><b>Why eviction.</b> In a full cache each computed block takes the place of another, and what it pushes out is computed
 * again with the probability r that it would have been used, which pushes out more: in all r / (1 - r) of the tokens, 9 at
 * r = 0.9 and 19 at r = 0.95. Two things follow. The H - h tokens that another candidate does hold would become a second copy;
 * without a price on it, a fleet whose prefixes fill most of its caches keeps trading small differences in load for copies
 * of everything. And what nobody holds yet should get its home where most room is left (c): that is where prefixes are
 * spread evenly over the fleet when it is cold, long before load tells endpoints apart, and an endpoint with one prefix more
 * than fits keeps missing all of them. The price is paid once: when a prefix is hot enough for a second home, from then on both
 * are equally warm.
 *
 * <p><b>Why not weights of 1.</b> A difference in running streams is over long before this request is: streams end and the next
 * arrivals even it out, so it counts less than the hundreds of tokens of L suggest (crowdingWeight); a slow engine stays slow
 * (decodeWeight). Time before the first token is what users' limits are tight about; the streams next to ours have a whole
 * answer's length of slack for their delay (interferenceWeight). Eviction does not grow with d: at high load it would outweigh
 * the wait for a full engine. The defaults come from the ladders in docs/routing-quality.md.
 *
 * <p><b>Sources.</b> Least outstanding uncached prefill work (LPWL, the same expression as llm-d's token-load look-ahead)
 * was the best published choice for prefill-bound traffic, up to 2.9 times the input tokens/s of round robin, and lost
 * end-to-end p99 by decode pile-up; fewest running requests was best for decode-bound traffic; learned per-endpoint times
 * were best on mixed fleets (llm-d's predicted latency, Lodestar arXiv 2606.00946). This cost has the first as its
 * special case (all weights 0, equal mu), and turns into the second as L grows. Waiting and prefill in milliseconds of the
 * instance: Mooncake Conductor, arXiv 2407.00079. Pricing eviction: Preble, arXiv 2407.00023.
 *
 * <p><b>Rejected.</b>
 * <ul>
 *   <li>Affinity by a fixed ratio (match of at least 80 %, imbalance of 1.5, release after 18 s): a cliff that is right for
 *       one prompt length; the marginal cost moves the cliff to where the saving is.
 *   <li>KV use as a penalty: it drives requests away from warm caches. Published simulations of it: TTFT p99 65.5 ms
 *       without, 91.9 ms with it, 73.5 ms for plain round robin.
 *   <li>The product of uncached tokens and batch size (LMetric, arXiv 2603.15202): free of knobs, but a factor of nearly 0
 *       hides the other one; it gave up 23 points of hit rate on agent traffic.
 *   <li>Weighted sums of normalised scores: min-max stretches a difference of one request as far as one of a hundred.
 *   <li>Two random candidates instead of all: misses the one good hit already at eight endpoints.
 * </ul>
 * Not in the cost yet: how likely this very prefix is to be asked for again.
 */
public final class LeastWorkScorer implements Scorer {
    /** Names of the terms, in the order of {@link #terms}. */
    public static final List<String> TERMS = List.of(
            "wait_ms",
            "foreign_ms",
            "admission_ms",
            "prefill_ms",
            "decode_ms",
            "crowding_ms",
            "interference_ms",
            "eviction_ms",
            "pull_ms",
            "slow_start_ms",
            "session_ms");

    private static final int WAIT = 0;
    private static final int FOREIGN = 1;
    private static final int ADMISSION = 2;
    private static final int PREFILL = 3;
    private static final int DECODE = 4;
    private static final int CROWDING = 5;
    private static final int INTERFERENCE = 6;
    private static final int EVICTION = 7;
    private static final int PULL = 8;
    private static final int SLOW_START = 9;
    private static final int SESSION = 10;

    /** Costs are cut here, some thirty years, so that no input makes them infinite. */
    private static final double MAX_MS = 1e12;

    /** Tokens per second. Slower ones are read as this: no engine is, and it bounds the quotients. */
    private static final double MIN_RATE = 1e-3;

    private static final double MIN_SHARE = 0.01;

    private final LeastWorkConfig config;
    private final double sessionBonusMs;

    /** A scorer with these weights. */
    public LeastWorkScorer(LeastWorkConfig config) {
        this.config = config;
        sessionBonusMs = config.sessionBonus().toNanos() / 1e6;
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        double[] terms = new double[TERMS.size()];
        double most = mostCached(request, candidates);
        double least = MAX_MS;
        for (int i = 0; i < candidates.size(); i++) {
            terms(request, candidates, i, most, terms);
            scores[i] = cost(terms);
            if (scores[i] < least) {
                least = scores[i];
            }
        }
        for (int i = 0; i < candidates.size(); i++) {
            scores[i] = (1 + least) / (1 + scores[i]);
        }
    }

    /**
     * What one candidate would cost, by term.
     *
     * @param index 0 to size - 1
     * @return weighted milliseconds in the order of {@link #TERMS}, which add up to the cost; all NaN when the candidate's
     *     signals don't suffice
     */
    public double[] terms(Request request, Candidates candidates, int index) {
        double[] terms = new double[TERMS.size()];
        terms(request, candidates, index, mostCached(request, candidates), terms);
        return terms;
    }

    @Override
    public Map<String, Double> explain(Request request, Candidates candidates, int index) {
        double[] terms = terms(request, candidates, index);
        Map<String, Double> named = LinkedHashMap.newLinkedHashMap(terms.length + 1);
        named.put("cost_ms", cost(terms));
        for (int term = 0; term < terms.length; term++) {
            named.put(TERMS.get(term), terms[term]);
        }
        return named;
    }

    private static double cost(double[] terms) {
        double sum = 0;
        for (double term : terms) {
            sum += term;
        }
        return Math.clamp(sum, 0, MAX_MS);
    }

    private static double mostCached(Request request, Candidates candidates) {
        double most = 0;
        for (int i = 0; i < candidates.size(); i++) {
            double prompt = Known.promptTokens(request, candidates, i);
            most = Math.max(most, Known.cachedTokens(candidates, i, prompt));
        }
        return most;
    }

    private void terms(Request request, Candidates candidates, int i, double mostCached, double[] out) {
        double pending = Known.amount(candidates, i, Signal.PENDING_PREFILL_TOKENS);
        double rate = Known.amount(candidates, i, Signal.PREFILL_RATE);
        double overheadMs = Known.amount(candidates, i, Signal.OVERHEAD_MS);
        double tokenMs = Known.amount(candidates, i, Signal.TOKEN_TIME_MS);
        double slopeMs = Known.amount(candidates, i, Signal.TOKEN_TIME_SLOPE_MS);
        double decoding = Known.amount(candidates, i, Signal.DECODING_REQUESTS);
        double inFlight = Math.max(decoding, Known.amount(candidates, i, Signal.IN_FLIGHT_REQUESTS));
        if (Double.isNaN(pending + rate + overheadMs + tokenMs + slopeMs + inFlight)) {
            Arrays.fill(out, Double.NaN);
            return;
        }
        double prompt = Known.promptTokens(request, candidates, i);
        double cached = Known.cachedTokens(candidates, i, prompt);
        double uncached = Math.max(1, prompt - cached);
        double output = Known.amountOr(candidates, i, Signal.OUTPUT_TOKENS, 0);
        double perMs = Math.max(MIN_RATE, rate) / 1000;
        double streamMs = output * (tokenMs + slopeMs * inFlight);
        double waiting = Known.amountOr(candidates, i, Signal.WAITING, 0);
        double running = Known.amountOr(candidates, i, Signal.RUNNING, 0);
        double pulled = Known.amountOr(candidates, i, Signal.PULLED_TOKENS, 0);
        double prefillMs = Math.max(1, uncached - pulled) / perMs;

        out[WAIT] = overheadMs + pending / perMs;
        double foreign = Math.min(waiting, Math.max(0, waiting + running - inFlight));
        out[FOREIGN] = foreign * (pending + prompt) / (inFlight - decoding + 1) / perMs;
        boolean full = waiting > 0 && Known.amountOr(candidates, i, Signal.KV_USAGE, 0) >= config.kvFull();
        out[ADMISSION] = full ? (waiting + 1) * streamMs / Math.max(1, inFlight) : 0;
        out[PREFILL] = prefillMs;
        out[DECODE] = config.decodeWeight() * output * tokenMs;
        out[CROWDING] = config.crowdingWeight() * output * slopeMs * inFlight;
        out[INTERFERENCE] = config.interferenceWeight() * decoding * prefillMs;
        double fill = Math.min(1, Known.amountOr(candidates, i, Signal.CACHE_FILL, 0));
        double pushedOut = Math.max(0, mostCached - cached) + fill * uncached;
        out[EVICTION] = config.evictionWeight() * pushedOut / perMs;
        out[PULL] = Known.amountOr(candidates, i, Signal.PULL_MS, 0);
        out[SLOW_START] = 0;
        out[SESSION] = 0;
        for (int term = 0; term < SLOW_START; term++) {
            out[term] = Math.min(out[term], MAX_MS);
        }
        double share = Math.clamp(Known.amountOr(candidates, i, Signal.SLOW_START, 1), MIN_SHARE, 1);
        double sum = cost(out);
        out[SLOW_START] = sum / share - sum;
        if (Known.amountOr(candidates, i, Signal.SESSION, 0) > 0) {
            out[SESSION] = -Math.min(sessionBonusMs, sum);
        }
    }
}
