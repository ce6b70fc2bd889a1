package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Request;
import dev.sluice.spi.Signal;

/** Reads signals so that nonsense counts as unknown: NaN for whatever is not a finite number of at least 0. */
final class Known {
    private Known() {}

    /** The signal's value, 0 or more, or NaN. */
    static double amount(Candidates candidates, int index, Signal signal) {
        double value = candidates.signal(index, signal);
        return value >= 0 && value <= Double.MAX_VALUE ? value : Double.NaN;
    }

    /** The signal's value, 0 or more, or the given one when it is unknown. */
    static double amountOr(Candidates candidates, int index, Signal signal, double otherwise) {
        double value = candidates.signal(index, signal);
        return value >= 0 && value <= Double.MAX_VALUE ? value : otherwise;
    }

    /** A value of 0 or more, or the given one when it is none. */
    static double amountOr(double value, double otherwise) {
        return value >= 0 && value <= Double.MAX_VALUE ? value : otherwise;
    }

    /** Prompt tokens of the request: never unknown, 0 or more. */
    static double promptTokens(Request request, Candidates candidates, int index) {
        return amountOr(candidates, index, Signal.PROMPT_TOKENS, Math.max(0, request.promptTokens()));
    }

    /** Prompt tokens that the candidate holds, at most all of them. No known match is a known 0. */
    static double cachedTokens(Candidates candidates, int index, double promptTokens) {
        return Math.min(promptTokens, amountOr(candidates, index, Signal.CACHED_TOKENS, 0));
    }
}
