package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Request;
import dev.sluice.spi.Signal;
import dev.sluice.spi.SourcePicker;
import java.nio.charset.StandardCharsets;

/**
 * llm-d's {@code p2p-source-producer}: of those that hold within a block of the most, one by chance, the less likely the more
 * requests wait there (1 / (1 + waiting)). The chance is a hash of the request's id, so that the same request has the same source.
 * Links count for nothing, and neither does whether computing would be sooner; without this part the gateway weighs both.
 */
final class P2pSource implements SourcePicker {
    private final P2pSourceConfig config;

    P2pSource(P2pSourceConfig config) {
        this.config = config;
    }

    @Override
    public int source(Request request, Candidates sources, Endpoint computing, double held) {
        double most = 0;
        for (int i = 0; i < sources.size(); i++) {
            most = Math.max(most, cached(sources, i));
        }
        double total = 0;
        for (int i = 0; i < sources.size(); i++) {
            total += weight(sources, i, most, held);
        }
        double left = draw(request.header("x-request-id").orElse(request.id())) * total;
        int last = -1;
        for (int i = 0; i < sources.size(); i++) {
            double weight = weight(sources, i, most, held);
            if (weight > 0) {
                last = i;
                left -= weight;
                if (left < 0) {
                    return i;
                }
            }
        }
        return last;
    }

    /** 0 for those that are no source. */
    private double weight(Candidates sources, int i, double most, double held) {
        double cached = cached(sources, i);
        double block = Math.max(1, Known.amountOr(sources, i, Signal.BLOCK_SIZE, 1));
        return cached < most - block || cached - held < config.minCachedTokenDelta()
                ? 0
                : 1 / (1 + Known.amountOr(sources, i, Signal.WAITING, 0));
    }

    private static double cached(Candidates sources, int i) {
        return Known.amountOr(sources, i, Signal.CACHED_TOKENS, 0);
    }

    /** 32-bit FNV-1a of the id, as a number of 0 up to but not including 1. */
    static double draw(String id) {
        int hash = 0x811c9dc5;
        for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x01000193;
        }
        return Integer.toUnsignedLong(hash) * 0x1p-32;
    }
}
