package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import java.util.Locale;

/**
 * Parameters of {@code header-profile-handler}.
 *
 * @param headerName header that names the profile
 * @param defaultProfile profile of requests that name none
 */
public record HeaderProfileConfig(
        @Doc("Header whose value is the profile's name.") @Default("EPP-Profile")
        String headerName,

        @Doc("Profile of requests that name none, or none that there is.") @Default("decode")
        String defaultProfile) {
    /**
     * Checks the header.
     *
     * @throws ConfigException when it is empty
     */
    public HeaderProfileConfig {
        if (headerName.isBlank()) {
            throw new ConfigException("headerName must be the name of a header");
        }
        headerName = headerName.strip().toLowerCase(Locale.ROOT);
    }
}
