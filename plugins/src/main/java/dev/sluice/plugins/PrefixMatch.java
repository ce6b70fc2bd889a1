package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Request;
import dev.sluice.spi.Signal;
import java.util.Optional;

/**
 * How many blocks of a prompt each candidate holds. From the gateway's own index, in the engine's blocks (one token each
 * where their size is unknown), or from a producer's attributes {@code NAME/matched-blocks}, {@code NAME/total-blocks} and
 * {@code NAME/block-tokens}. No match is a known 0.
 */
abstract sealed class PrefixMatch {
    static final String PRODUCER = "approx-prefix-cache-producer";

    /** The gateway's own index. */
    static final PrefixMatch INDEX = new OfIndex();

    /** @throws dev.sluice.spi.ConfigException when there is no such producer */
    static PrefixMatch of(String producer, PluginContext context) {
        Optional<String> prefix = Producers.prefix(producer, PRODUCER, context);
        return prefix.isPresent() ? new Published(prefix.get()) : INDEX;
    }

    /** Blocks that the candidate holds, at most all. */
    abstract double matched(Request request, Candidates candidates, int index);

    /** Blocks of the prompt, its partial last one included. */
    abstract double total(Request request, Candidates candidates, int index);

    /** Tokens of a block, at least 1. */
    abstract double blockTokens(Candidates candidates, int index);

    /** Share of the prompt's blocks that the candidate holds, 0..1. */
    final double ratio(Request request, Candidates candidates, int index) {
        double all = total(request, candidates, index);
        return all > 0 ? matched(request, candidates, index) / all : 0;
    }

    private static final class OfIndex extends PrefixMatch {
        @Override
        double matched(Request request, Candidates candidates, int index) {
            double prompt = Known.promptTokens(request, candidates, index);
            double cached = Known.cachedTokens(candidates, index, prompt);
            double block = blockTokens(candidates, index);
            return cached < prompt ? Math.floor(cached / block) : Math.ceil(prompt / block);
        }

        @Override
        double total(Request request, Candidates candidates, int index) {
            return Math.ceil(Known.promptTokens(request, candidates, index) / blockTokens(candidates, index));
        }

        @Override
        double blockTokens(Candidates candidates, int index) {
            return Math.max(1, Known.amountOr(candidates, index, Signal.BLOCK_SIZE, 1));
        }
    }

    private static final class Published extends PrefixMatch {
        private final String matched;
        private final String total;
        private final String block;

        Published(String producer) {
            matched = matched(producer);
            total = total(producer);
            block = block(producer);
        }

        @Override
        double matched(Request request, Candidates candidates, int index) {
            double all = total(request, candidates, index);
            return Math.min(all, Known.amountOr(candidates.attribute(index, matched), 0));
        }

        @Override
        double total(Request request, Candidates candidates, int index) {
            return Known.amountOr(candidates.attribute(index, total), 0);
        }

        @Override
        double blockTokens(Candidates candidates, int index) {
            return Math.max(1, Known.amountOr(candidates.attribute(index, block), 1));
        }
    }

    static String matched(String producer) {
        return producer + "/matched-blocks";
    }

    static String total(String producer) {
        return producer + "/total-blocks";
    }

    static String block(String producer) {
        return producer + "/block-tokens";
    }
}
