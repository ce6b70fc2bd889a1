package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;

/**
 * Parameters of {@code context-length-aware}.
 *
 * @param label label whose value is a range of prompt tokens, {@code min-max}
 * @param enableFiltering true: endpoints out of whose range a prompt is are dropped
 */
public record ContextLengthConfig(
        @Doc("Label whose value is the range of prompt tokens that an endpoint is meant for, min-max.")
        @Default("llm-d.ai/context-length-range")
        String label,

        @Doc("Drop endpoints out of whose range a prompt is.") @Default("false")
        boolean enableFiltering) {
    /**
     * Checks the label.
     *
     * @throws ConfigException when it is empty
     */
    public ContextLengthConfig {
        if (label.isBlank()) {
            throw new ConfigException("label must be the name of a label");
        }
    }
}
