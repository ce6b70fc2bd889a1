package dev.sluice.spi.testkit;

import dev.sluice.spi.Ending;

/** An ending. */
public record TestEnding(Kind kind, long at, int promptTokens, int cachedTokens, int outputTokens) implements Ending {
    /** Of this kind, of which the engine told nothing. */
    public static TestEnding of(Kind kind) {
        return new TestEnding(kind, 0, -1, -1, -1);
    }
}
