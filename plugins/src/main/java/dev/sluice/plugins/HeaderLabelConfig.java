package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Doc;
import java.util.Locale;

/**
 * Parameters of {@code header-label-affinity-scorer}.
 *
 * @param headerName the request's header
 * @param labelKey the endpoint's label
 */
public record HeaderLabelConfig(
        @Doc("Header of the request.") String headerName,

        @Doc("Label of the endpoint that is compared with it.")
        String labelKey) {
    /**
     * Checks both.
     *
     * @throws ConfigException when one is empty
     */
    public HeaderLabelConfig {
        if (headerName.isBlank() || labelKey.isBlank()) {
            throw new ConfigException("headerName and labelKey must both be given");
        }
        headerName = headerName.strip().toLowerCase(Locale.ROOT);
    }
}
