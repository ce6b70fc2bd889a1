package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;

/**
 * Parameters of {@code no-hit-lru-scorer}.
 *
 * @param lruSize endpoints to remember; 0 and less mean 1024
 * @param prefixMatchInfoProducerName who says what is cached; empty: the default
 * @param prefixPluginType taken for llm-d's sake, which does not use it either
 * @param prefixPluginName taken for llm-d's sake, which does not use it either
 */
public record NoHitLruConfig(
        @Doc("Endpoints to remember; 0 and less mean 1024.") @Default("1024")
        int lruSize,

        @Doc("Producer of the matches; empty: approx-prefix-cache-producer, or the gateway's own index.")
        @Default("\"\"")
        String prefixMatchInfoProducerName,

        @Doc("Has no effect, as in llm-d.") @Default("\"\"") String prefixPluginType,

        @Doc("Has no effect, as in llm-d.") @Default("\"\"") String prefixPluginName) {
    int size() {
        return lruSize > 0 ? Math.min(lruSize, 1 << 20) : 1024;
    }
}
