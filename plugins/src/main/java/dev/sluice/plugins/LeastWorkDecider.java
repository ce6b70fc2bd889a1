package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Decider;
import dev.sluice.spi.Pairs;
import dev.sluice.spi.Request;
import dev.sluice.spi.Signal;
import dev.sluice.spi.Split;

/**
 * The default decider: where the prompt is computed and where the answer is generated are chosen together, by the milliseconds
 * that the request adds, in the terms of {@link LeastWorkScorer}. With a decode endpoint d, a prefill endpoint p, a prompt of n
 * tokens of which an endpoint holds h:
 * <pre>
 *   whole(d)    = wait_d + prefill_d + pull_d + interference_d + admission_d + decode_d + crowding_d
 *   split(p, d) = wait_p + prefill_p + pull_p + interference_p  +  transfer(p, d, n - h_d)
 *                 + o_d + min(Q_d, step) / mu_d + admission_d + decode_d + crowding_d
 * </pre>
 * The least of all of them wins. Slow start and session bonus count as in the scorer.
 *
 * <p><b>Why together.</b> The best prefill endpoint may be far from the best decode endpoint, or the pair may have to shake hands
 * first; a second-best pair with a warm, fast link is often sooner. And a decode endpoint that is chosen first looks bad for the
 * prefill that it would not have to do.
 *
 * <p><b>Why no threshold.</b> Whether to split depends on the queue of the prefill endpoints as much as on the prompt. By cost,
 * prompts overflow to decode endpoints at the point where the queue costs more than the interference, and an idle fleet computes
 * short prompts where they are decoded. What it needs is learned: rates of endpoints, speed of links.
 *
 * <p><b>Eviction</b> counts within a role and not between them: which of the prefill endpoints keeps its cache is one question,
 * whether to compute there at all is another, and the KV ends up on the decode endpoint either way. So each candidate is charged
 * what it pushes out beyond the best of its kind.
 *
 * <p><b>Without prefill endpoints</b> (they sleep, or failed) it says what an idle one would be worth that computes as fast as the decode
 * endpoint, over a link that nobody has measured: so it is seen whether one is missed, and worth waking.
 *
 * <p><b>Interference</b> is dearer here than between equals ({@code interferenceWeight} of the scorer): there, the prompt has to
 * be computed beside some streams anyway, here it can be computed beside none. Its default comes from {@code bench pd}
 * (docs/disaggregation.md).
 */
final class LeastWorkDecider implements Decider {
    private static final int WAIT = 0;
    private static final int FOREIGN = 1;
    private static final int ADMISSION = 2;
    private static final int PREFILL = 3;
    private static final int DECODE = 4;
    private static final int CROWDING = 5;
    private static final int INTERFERENCE = 6;
    private static final int EVICTION = 7;
    private static final int PULL = 8;
    private static final int SESSION = 10;
    private static final double MIN_SHARE = 0.01;
    /** Of a link that nobody has measured, ms, and ms for each token: as the gateway guesses before a first move. */
    private static final double LINK_MS = 3;

    private static final double LINK_TOKEN_MS = 0.012;

    private final LeastWorkScorer costs;
    private final double stepTokens;

    LeastWorkDecider(LeastWorkDeciderConfig config) {
        LeastWorkConfig base = LeastWorkConfig.defaults();
        this.costs = new LeastWorkScorer(new LeastWorkConfig(
                base.decodeWeight(),
                config.interferenceWeight(),
                base.crowdingWeight(),
                base.evictionWeight(),
                base.kvFull(),
                base.sessionBonus()));
        this.stepTokens = config.stepTokens();
    }

    @Override
    public boolean disaggregate(Request request, Candidates decode, int chosen) {
        return false;
    }

    @Override
    public boolean pairs() {
        return true;
    }

    /** What one candidate costs in either of its parts, without eviction, and what it pushes out. */
    private record Costs(double[] whole, double[] prefill, double[] decode) {}

    @Override
    public Split split(Request request, Pairs pairs) {
        Costs left = costs(request, pairs.prefill());
        Costs right = costs(request, pairs.decode());
        int alone = best(right.whole());
        double whole = right.whole()[alone];
        double least = Double.POSITIVE_INFINITY;
        int p = -1;
        int d = alone;
        boolean one = request.maxTokens() == 1;
        for (int i = 0; i < left.prefill().length; i++) {
            if (!(left.prefill()[i] < least)) {
                continue;
            }
            if (one) {
                // A single token comes with the prefill: nothing is moved.
                least = left.prefill()[i];
                p = i;
                continue;
            }
            for (int j = 0; j < right.decode().length; j++) {
                double sum = left.prefill()[i] + right.decode()[j];
                if (sum < least) {
                    sum += pairs.transferMs(i, j, uncached(request, pairs.decode(), j));
                }
                if (sum < least) {
                    least = sum;
                    p = i;
                    d = j;
                }
            }
        }
        if (left.prefill().length == 0) {
            return new Split(-1, alone, idle(request, pairs.decode(), right), whole);
        }
        boolean better = p >= 0 && (least < whole || Double.isNaN(whole));
        return new Split(better ? p : -1, better ? d : alone, p < 0 ? Double.NaN : least, whole);
    }

    /** The least of all sums with a prefill endpoint that there is not. */
    private static double idle(Request request, Candidates decode, Costs costs) {
        double least = Double.POSITIVE_INFINITY;
        for (int j = 0; j < costs.decode().length; j++) {
            double compute = Known.promptTokens(request, decode, j) / perMs(decode, j);
            double move = LINK_MS + LINK_TOKEN_MS * uncached(request, decode, j);
            double sum = request.maxTokens() == 1 ? compute : compute + move + costs.decode()[j];
            least = sum < least ? sum : least;
        }
        return least;
    }

    private static double perMs(Candidates candidates, int i) {
        return Math.max(1e-6, Known.amountOr(candidates, i, Signal.PREFILL_RATE, 1) / 1000);
    }

    private static double uncached(Request request, Candidates candidates, int i) {
        double prompt = Known.promptTokens(request, candidates, i);
        return Math.max(1, prompt - Known.cachedTokens(candidates, i, prompt));
    }

    private static int best(double[] costs) {
        int best = 0;
        for (int i = 1; i < costs.length; i++) {
            if (costs[i] < costs[best] || Double.isNaN(costs[best])) {
                best = i;
            }
        }
        return best;
    }

    private Costs costs(Request request, Candidates candidates) {
        int n = candidates.size();
        double[][] terms = new double[n][];
        double spared = Double.POSITIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            terms[i] = costs.terms(request, candidates, i);
            spared = Math.min(spared, Double.isNaN(terms[i][EVICTION]) ? spared : terms[i][EVICTION]);
        }
        Costs costs = new Costs(new double[n], new double[n], new double[n]);
        for (int i = 0; i < n; i++) {
            double[] t = terms[i];
            double share = Math.clamp(Known.amountOr(candidates, i, Signal.SLOW_START, 1), MIN_SHARE, 1);
            double compute = t[WAIT] + t[FOREIGN] + t[PREFILL] + t[INTERFERENCE] + t[PULL];
            double generate = t[ADMISSION] + t[DECODE] + t[CROWDING];
            double pushed = t[EVICTION] - spared;
            double perMs = perMs(candidates, i);
            double pending = Known.amountOr(candidates, i, Signal.PENDING_PREFILL_TOKENS, 0);
            double overhead = t[WAIT] - pending / perMs;
            costs.whole()[i] = (compute + generate + pushed) / share + t[SESSION];
            costs.prefill()[i] = (compute + pushed) / share;
            costs.decode()[i] =
                    (overhead + Math.min(pending, stepTokens) / perMs + generate + pushed) / share + t[SESSION];
        }
        return costs;
    }
}
