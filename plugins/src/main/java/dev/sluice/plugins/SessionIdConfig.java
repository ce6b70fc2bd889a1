package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import java.util.Locale;

/**
 * Parameters of {@code session-id-producer}: one of both.
 *
 * @param headerName a request header; empty for none
 * @param cookieName a cookie; empty for none
 */
public record SessionIdConfig(
        @Doc("The header that names the session.") @Default("\"\"")
        String headerName,

        @Doc("The cookie that names the session.") @Default("\"\"")
        String cookieName) {
    /**
     * Checks that it is one of the two.
     *
     * @throws ConfigException when it is none or both
     */
    public SessionIdConfig {
        headerName = headerName.strip().toLowerCase(Locale.ROOT);
        cookieName = cookieName.strip();
        if (headerName.isEmpty() == cookieName.isEmpty()) {
            throw new ConfigException("exactly one of headerName and cookieName");
        }
    }
}
