package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Parameters of {@code pd-profile-handler}, which llm-d had before {@code disagg-profile-handler}.
 *
 * @param decodeProfile picks the endpoint that generates
 * @param prefillProfile picks the endpoint that computes the prompt
 * @param deciderPluginName decides whether a request is split
 * @param threshold its predecessor; 0 splits every request
 */
public record PdConfig(
        @Doc("Picks the endpoint that generates.") @Default("decode")
        String decodeProfile,

        @Doc("Picks the endpoint that computes the prompt.") @Default("prefill")
        String prefillProfile,

        @Doc("Decides whether a request is split. Absent, and no `threshold`: none is.")
        Optional<String> deciderPluginName,

        @Doc("0: every request is split. Other numbers are refused: they counted characters.")
        OptionalInt threshold) {
    /** Refuses what can't be. */
    public PdConfig {
        if (threshold.orElse(0) != 0) {
            throw new ConfigException("threshold counts characters: name prefix-based-pd-decider with nonCachedTokens"
                    + " as deciderPluginName");
        }
        if (threshold.isPresent() && deciderPluginName.isPresent()) {
            throw new ConfigException("threshold stands beside deciderPluginName, one of them is too many");
        }
    }
}
