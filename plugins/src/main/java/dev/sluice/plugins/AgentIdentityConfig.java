package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import java.util.List;
import java.util.Locale;

/**
 * Parameters of {@code agent-identity}.
 *
 * @param additionalSessionHeaders headers that are looked at before the known ones
 */
public record AgentIdentityConfig(
        @Doc("Headers that are looked at before those of the agents that are known.") @Default("[]")
        List<String> additionalSessionHeaders) {
    /** Copies the names, in lower case. */
    public AgentIdentityConfig {
        additionalSessionHeaders = additionalSessionHeaders.stream()
                .map(name -> name.strip().toLowerCase(Locale.ROOT))
                .filter(name -> !name.isEmpty())
                .toList();
    }
}
