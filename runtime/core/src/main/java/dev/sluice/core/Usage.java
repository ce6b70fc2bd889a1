package dev.sluice.core;

/**
 * What an engine reported; -1 where it said nothing. Unknown is not zero.
 *
 * @param promptTokens prompt tokens
 * @param cachedTokens prompt tokens found in the engine's prefix cache
 * @param outputTokens generated tokens
 */
public record Usage(int promptTokens, int cachedTokens, int outputTokens) {
    /** Nothing reported. */
    public static final Usage UNKNOWN = new Usage(-1, -1, -1);
}
