package dev.sluice.core.quota;

import org.jspecify.annotations.Nullable;

/** What one request has set aside. Settled once; every further time changes nothing. */
public final class Hold {
    final @Nullable Meter model;
    long tokens;
    boolean settled;

    Hold(@Nullable Meter model, long tokens) {
        this.model = model;
        this.tokens = tokens;
    }

    /** Tokens that are set aside. */
    public long tokens() {
        return tokens;
    }
}
