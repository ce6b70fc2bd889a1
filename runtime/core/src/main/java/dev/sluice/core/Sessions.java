package dev.sluice.core;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which endpoint served a session, or made a stored response, last. Bounded: the one untouched for longest goes first.
 * Not thread-safe, like all of core.
 */
public final class Sessions {
    private final int limit;
    private final LinkedHashMap<String, String> endpointOf = new LinkedHashMap<>(16, 0.75f, true);

    /** Remembers at most so many. */
    public Sessions(int limit) {
        this.limit = limit;
    }

    /** A session was served. */
    public void served(String session, String endpoint) {
        endpointOf.put(session, endpoint);
        if (endpointOf.size() > limit) {
            Iterator<Map.Entry<String, String>> oldest = endpointOf.entrySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    /** Who served it last. */
    public Optional<String> endpoint(String session) {
        return Optional.ofNullable(endpointOf.get(session));
    }

    /** An endpoint has left: its sessions are free. */
    public void forget(String endpoint) {
        endpointOf.values().removeIf(endpoint::equals);
    }

    /** How many are remembered. */
    public int size() {
        return endpointOf.size();
    }
}
