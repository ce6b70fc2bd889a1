package dev.sluice.plugins;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Filter;
import dev.sluice.spi.Request;
import java.util.List;

/** llm-d's older {@code by-label}: keeps the endpoints whose label has one of some values, and perhaps those that lack it. */
final class ByLabel implements Filter {
    private final Config config;

    ByLabel(Config config) {
        this.config = config;
    }

    /**
     * Parameters of {@code by-label}.
     *
     * @param label whose value counts
     * @param validValues values that stay
     * @param allowsNoLabel whether an endpoint without the label stays
     */
    public record Config(
            @Doc("Name of the label.") @Default("llm-d.ai/role")
            String label,

            @Doc("Values that are kept.") @Default("[]") List<String> validValues,

            @Doc("Whether endpoints without the label are kept.") @Default("false")
            boolean allowsNoLabel) {
        /**
         * Copies the values.
         *
         * @throws ConfigException when nothing could be kept
         */
        public Config {
            validValues = List.copyOf(validValues);
            if (validValues.isEmpty() && !allowsNoLabel) {
                throw new ConfigException("keeps no endpoint: validValues is empty and allowsNoLabel is false");
            }
        }
    }

    @Override
    public void filter(Request request, Candidates candidates, boolean[] keep) {
        for (int i = 0; i < candidates.size(); i++) {
            String value = candidates.endpoint(i).labels().get(config.label);
            keep[i] &= value == null ? config.allowsNoLabel : config.validValues.contains(value);
        }
    }
}
