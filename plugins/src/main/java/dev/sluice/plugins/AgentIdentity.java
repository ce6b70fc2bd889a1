package dev.sluice.plugins;

import dev.sluice.spi.Request;
import dev.sluice.spi.SessionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** llm-d's {@code agent-identity}: finds the session in the headers by which coding agents name theirs. */
final class AgentIdentity implements SessionKey {
    private static final List<String> AGENTS =
            List.of("x-claude-code-session-id", "x-session-affinity", "session-id", "session_id");

    private final List<String> headers;

    AgentIdentity(AgentIdentityConfig config) {
        List<String> all = new ArrayList<>(config.additionalSessionHeaders());
        all.addAll(AGENTS);
        headers = List.copyOf(all);
    }

    @Override
    public Optional<String> key(Request request) {
        for (String name : headers) {
            Optional<String> value = request.header(name).map(String::strip).filter(text -> !text.isEmpty());
            if (value.isPresent()) {
                return value;
            }
        }
        return Optional.empty();
    }
}
