package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;

/**
 * Parameters of {@code session-affinity-scorer}.
 *
 * @param strategy how a session is recognised: {@code session_id}
 */
public record SessionAffinityConfig(
        @Doc("How a session is recognised: session_id, by what server.session says.") @Default("session_id")
        String strategy) {
    /**
     * Checks the strategy.
     *
     * @throws ConfigException for llm-d's default, whose header lets a client choose its server, and for anything else
     */
    public SessionAffinityConfig {
        if (strategy.equals("encoded_endpoint_header")) {
            throw new ConfigException("strategy encoded_endpoint_header is not supported: its header names a server, "
                    + "so clients would see and choose servers; use session_id");
        }
        if (!strategy.equals("session_id")) {
            throw new ConfigException("strategy '" + strategy + "' is unknown; allowed: session_id");
        }
    }
}
