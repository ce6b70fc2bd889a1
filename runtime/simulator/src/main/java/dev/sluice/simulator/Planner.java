package dev.sluice.simulator;

import java.util.Arrays;

/** Settles what a sequence will say: {@link Words} or a given text, cut by limits and stop conditions. */
final class Planner {
    private final long seed;
    private final int meanOutput;

    Planner(long seed, int meanOutput) {
        this.seed = seed;
        this.meanOutput = meanOutput;
    }

    /** Free text. */
    Plan say(int[] prompt, Sampling sampling, int limit, int choice) {
        var content = contentSeed(prompt, sampling, choice);
        var natural = natural(content, sampling);
        var count = Math.min(natural, limit);
        var output = Words.tokens(content, count);
        var ends = natural <= limit;
        if (ends) {
            output[count - 1] = Tokenizer.END;
        }
        return cut(prompt, limit, output, ends, sampling);
    }

    /** A text that is forced, as by a grammar: a tool's arguments, or JSON by a schema. */
    Plan quote(int[] prompt, String text, Sampling sampling, int limit) {
        var said = Tokenizer.encode(text);
        var output = Arrays.copyOf(said, Math.min(said.length + 1, limit));
        var ends = said.length < limit;
        if (ends) {
            output[said.length] = Tokenizer.END;
        }
        return cut(prompt, limit, output, ends, sampling);
    }

    long contentSeed(int[] prompt, Sampling sampling, int choice) {
        var hash = Hashes.combine(Hashes.combine(seed, sampling.seed()), choice);
        for (var token : prompt) {
            hash = Hashes.combine(hash, token);
        }
        return hash;
    }

    /** Tokens until the end of sequence: a quarter to seven quarters of the mean, decided by the content. */
    private int natural(long content, Sampling sampling) {
        if (sampling.ignoreEos()) {
            return Integer.MAX_VALUE;
        }
        var share = (Hashes.mix(content ^ 0x5DEECE66DL) >>> 11) * 0x1.0p-53;
        return Math.max(Math.max(2, sampling.minTokens() + 1), (int) Math.round(meanOutput * (0.25 + 1.5 * share)));
    }

    private static Plan cut(int[] prompt, int limit, int[] output, boolean ends, Sampling sampling) {
        var text = new StringBuilder();
        var textEnd = new int[output.length];
        for (var i = 0; i < output.length; i++) {
            if (i < output.length - 1 || !ends) {
                if (sampling.stopIds().contains(output[i]) && i >= sampling.minTokens()) {
                    textEnd[i] = text.length();
                    return plan(
                            prompt,
                            limit,
                            output,
                            i + 1,
                            text.toString(),
                            textEnd,
                            FinishReason.STOP,
                            "" + output[i],
                            0);
                }
                text.append(Tokenizer.decode(output[i]));
            }
            textEnd[i] = text.length();
        }
        var said = text.toString();
        var first = -1;
        var matched = "";
        for (var stop : sampling.stop()) {
            var at = said.indexOf(
                    stop, sampling.minTokens() > 0 ? textEnd[Math.min(output.length, sampling.minTokens()) - 1] : 0);
            if (at >= 0 && (first < 0 || at + stop.length() < first + matched.length())) {
                first = at;
                matched = stop;
            }
        }
        var hold = sampling.includeStop()
                ? 0
                : sampling.stop().stream().mapToInt(String::length).max().orElse(1) - 1;
        if (first >= 0) {
            var last = 0;
            while (textEnd[last] < first + matched.length()) {
                last++;
            }
            var shown = sampling.includeStop() ? first + matched.length() : first;
            for (var i = 0; i <= last; i++) {
                textEnd[i] = Math.min(textEnd[i], shown + hold);
            }
            textEnd[last] = shown;
            return plan(
                    prompt,
                    limit,
                    output,
                    last + 1,
                    said.substring(0, shown),
                    textEnd,
                    FinishReason.STOP,
                    Json.quote(matched),
                    hold);
        }
        return plan(
                prompt,
                limit,
                output,
                output.length,
                said,
                textEnd,
                ends ? FinishReason.STOP : FinishReason.LENGTH,
                "null",
                hold);
    }

    private static Plan plan(
            int[] prompt,
            int limit,
            int[] output,
            int count,
            String text,
            int[] textEnd,
            FinishReason why,
            String stop,
            int hold) {
        return new Plan(
                prompt, limit, Arrays.copyOf(output, count), text, Arrays.copyOf(textEnd, count), why, stop, hold);
    }
}
