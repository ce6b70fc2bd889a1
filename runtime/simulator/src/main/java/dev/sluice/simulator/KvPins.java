package dev.sluice.simulator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The pinned blocks of an engine and the leases on them. */
final class KvPins {
    private final Map<String, KvPin> pins = new LinkedHashMap<>();
    private long nextExpiry = Long.MAX_VALUE;
    private int blocks;

    /** Returns what was pinned under the key before, which is so no longer. */
    Optional<KvPin> add(KvPin pin) {
        var before = remove(pin.key());
        pins.put(pin.key(), pin);
        blocks += pin.blocks().size();
        nextExpiry = Math.min(nextExpiry, pin.expires());
        return before;
    }

    Optional<KvPin> get(String key) {
        return Optional.ofNullable(pins.get(key));
    }

    Optional<KvPin> remove(String key) {
        var pin = pins.remove(key);
        if (pin == null) {
            return Optional.empty();
        }
        blocks -= pin.blocks().size();
        look();
        return Optional.of(pin);
    }

    boolean renew(String key, long until) {
        var renewed = pins.computeIfPresent(key, (k, pin) -> pin.until(Math.max(pin.expires(), until)));
        look();
        return renewed != null;
    }

    /** Takes out those whose leases have ended. */
    List<KvPin> expired(long now) {
        if (nextExpiry > now) {
            return List.of();
        }
        var over = new ArrayList<KvPin>();
        pins.values().removeIf(pin -> {
            var late = pin.expires() <= now;
            if (late) {
                over.add(pin);
                blocks -= pin.blocks().size();
            }
            return late;
        });
        look();
        return over;
    }

    List<KvPin> clear() {
        var all = List.copyOf(pins.values());
        pins.clear();
        blocks = 0;
        look();
        return all;
    }

    List<KvPin> all() {
        return List.copyOf(pins.values());
    }

    boolean isEmpty() {
        return pins.isEmpty();
    }

    int blocks() {
        return blocks;
    }

    /** {@link Long#MAX_VALUE} when nothing is pinned. */
    long nextExpiry() {
        return nextExpiry;
    }

    private void look() {
        nextExpiry = Long.MAX_VALUE;
        for (var pin : pins.values()) {
            nextExpiry = Math.min(nextExpiry, pin.expires());
        }
    }
}
