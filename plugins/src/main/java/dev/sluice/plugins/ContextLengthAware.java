package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;

/**
 * llm-d's {@code context-length-aware}: prefers endpoints whose label says that they are meant for prompts of this length,
 * and the narrower their range, the more. With L prompt tokens and a range of width w up to max:
 * {@code 0.3 + 0.7 * (0.7 / (1 + w / 10000) + 0.3 * (max - L) / w)} inside, 1 where w is 0; {@code 0.3 / (1 + d / 1000)} at a
 * distance d outside; 0.5 without a label, 0 with one that is no range.
 */
final class ContextLengthAware implements Filter, Scorer {
    private static final double OUTSIDE = 0.3;

    private final ContextLengthConfig config;

    ContextLengthAware(ContextLengthConfig config) {
        this.config = config;
    }

    @Override
    public void filter(Request request, Candidates candidates, boolean[] keep) {
        for (int i = 0; config.enableFiltering() && i < candidates.size(); i++) {
            String label = candidates.endpoint(i).labels().get(config.label());
            keep[i] &= label == null || Tokens.of(label).has(Known.promptTokens(request, candidates, i));
        }
    }

    @Override
    public void score(Request request, Candidates candidates, double[] scores) {
        for (int i = 0; i < candidates.size(); i++) {
            String label = candidates.endpoint(i).labels().get(config.label());
            scores[i] = label == null ? 0.5 : Tokens.of(label).score(Known.promptTokens(request, candidates, i));
        }
    }

    /** A range of tokens, both ends included; of what is none, one that is empty. */
    private record Tokens(double min, double max) {
        static final Tokens NONE = new Tokens(1, 0);

        static Tokens of(String label) {
            int dash = label.indexOf('-');
            if (dash < 0 || label.indexOf('-', dash + 1) >= 0) {
                return NONE;
            }
            long min = number(label, 0, dash);
            long max = number(label, dash + 1, label.length());
            return min < 0 || max < min ? NONE : new Tokens(min, max);
        }

        private static long number(String label, int from, int to) {
            try {
                return Long.parseLong(label.substring(from, to).strip());
            } catch (NumberFormatException none) {
                return -1;
            }
        }

        boolean has(double tokens) {
            return tokens >= min && tokens <= max;
        }

        double score(double tokens) {
            double width = max - min;
            if (width < 0) {
                return 0;
            } else if (!has(tokens)) {
                double distance = tokens > max ? tokens - max : min - tokens;
                return OUTSIDE / (1 + distance / 1000);
            } else if (width == 0) {
                return 1;
            }
            double narrow = 1 / (1 + width / 10_000);
            double room = (max - tokens) / width;
            return OUTSIDE + (1 - OUTSIDE) * (0.7 * narrow + 0.3 * room);
        }
    }
}
