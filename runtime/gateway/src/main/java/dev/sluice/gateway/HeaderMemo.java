package dev.sluice.gateway;

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
    private @Nullable Function<String, Optional<String>> head;
    private Map<String, Optional<String>> seen = Map.of();

    /** @param head looks a header up by its lower-case name, until {@link #seal} */
    HeaderMemo(Function<String, Optional<String>> head) {
        this.head = head;
    }

    @Override
    public synchronized Optional<String> apply(String name) {
        Optional<String> known = seen.get(name);
        if (known != null) {
            return known;
        }
        Function<String, Optional<String>> live = head;
        if (live == null) {
            return Optional.empty();
        }
        Optional<String> value = live.apply(name);
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
