package dev.sluice.simulator;

/**
 * What a sequence cost.
 *
 * @param promptTokens length of the prompt
 * @param cachedTokens of these, how many the prefix cache had at the first admission
 * @param outputTokens tokens generated so far
 */
public record Usage(int promptTokens, int cachedTokens, int outputTokens) {}
