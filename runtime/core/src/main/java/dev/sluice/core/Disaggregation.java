package dev.sluice.core;

import java.util.Locale;

/**
 * What a decision said about computing the prompt elsewhere.
 *
 * @param verdict in one word
 * @param prefillRow row of the endpoint that computes the prompt for the one that generates; -1 when that one does itself
 * @param splitMs predicted cost of the best pair, ms; of one with an idle prefill endpoint where there is none; NaN when it was not predicted
 * @param wholeMs predicted cost without a second endpoint, ms; NaN when it was not predicted
 */
public record Disaggregation(Verdict verdict, int prefillRow, double splitMs, double wholeMs) {
    /** What was decided. */
    public enum Verdict {
        /** Two legs. */
        PREFILL_DECODE,
        /** The endpoint that generates computes the prompt. */
        DECODE_ONLY,
        /** A single token was asked for: the endpoint that computes the prompt answers. */
        PREFILL_ONLY,
        /** This request can't be split. */
        UNSPLITTABLE,
        /** It would have been split, but no prefill endpoint can take it. */
        NO_PREFILL_ENDPOINT;

        /** The name in metrics and explanations. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    static Disaggregation of(Verdict verdict) {
        return new Disaggregation(verdict, -1, Double.NaN, Double.NaN);
    }

    /** True when there are two legs. */
    public boolean split() {
        return verdict == Verdict.PREFILL_DECODE;
    }
}
