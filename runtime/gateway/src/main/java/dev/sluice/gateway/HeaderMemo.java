package dev.sluice.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Headers as a decision sees them. The head's bytes belong to the connection and are gone after the exchange; a decision
 * that is explained later must see the same headers. So what was looked up is kept, and nothing else is.
 */
final class HeaderMemo implements Function<String, Optional<String>> {
    private @Nullable Function<String, Optional<String>> head;
    /** A handful at most: looked through as fast as a map, and smaller, and each remembered decision has one. */
    private final List<String> names = new ArrayList<>(6);

    private final List<Optional<String>> values = new ArrayList<>(6);

    /** @param head looks a header up by its lower-case name, until {@link #seal} */
    HeaderMemo(Function<String, Optional<String>> head) {
        this(head, false);
    }

    /** @param keys whether clients bring keys, which no decision and no plugin ever sees */
    HeaderMemo(Function<String, Optional<String>> head, boolean keys) {
        this.head = keys ? HeaderMemo.withoutKeys(head) : head;
    }

    private static Function<String, Optional<String>> withoutKeys(Function<String, Optional<String>> head) {
        return name -> name.equals("authorization") || name.equals("x-api-key") ? Optional.empty() : head.apply(name);
    }

    @Override
    public synchronized Optional<String> apply(String name) {
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).equals(name)) {
                return values.get(i);
            }
        }
        Function<String, Optional<String>> live = head;
        if (live == null) {
            return Optional.empty();
        }
        Optional<String> value = live.apply(name);
        names.add(name);
        values.add(value);
        return value;
    }

    /** The exchange ends: only what was looked up stays. */
    synchronized void seal() {
        head = null;
    }
}
