package dev.sluice.gateway;

import dev.sluice.gateway.http.RequestHead;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Headers as a decision sees them. The head's bytes belong to the connection and are gone after the exchange; a decision
 * that is explained later must see the same headers. So what was looked up is kept, and nothing else is.
 */
final class HeaderMemo implements Function<String, Optional<String>> {
    private @Nullable RequestHead head;
    private Map<String, Optional<String>> seen = Map.of();

    HeaderMemo(RequestHead head) {
        this.head = head;
    }

    @Override
    public synchronized Optional<String> apply(String name) {
        Optional<String> known = seen.get(name);
        if (known != null) {
            return known;
        }
        RequestHead live = head;
        if (live == null) {
            return Optional.empty();
        }
        Optional<String> value = live.header(name);
        if (seen.isEmpty()) {
            seen = new LinkedHashMap<>();
        }
        seen.put(name, value);
        return value;
    }

    /** The exchange ends: only what was looked up stays. */
    synchronized void seal() {
        head = null;
    }
}
