package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import java.util.Optional;

/**
 * Parameters of {@code pd-profile-handler}, which llm-d had before {@code disagg-profile-handler}.
 *
 * @param decodeProfile picks the endpoint that generates
 * @param prefillProfile picks the endpoint that computes the prompt
 * @param deciderPluginName decides whether a request is split
 */
public record PdConfig(
        @Doc("Picks the endpoint that generates.") @Default("decode")
        String decodeProfile,

        @Doc("Picks the endpoint that computes the prompt.") @Default("prefill")
        String prefillProfile,

        @Doc("Decides whether a request is split. Absent: none is.")
        Optional<String> deciderPluginName) {}
