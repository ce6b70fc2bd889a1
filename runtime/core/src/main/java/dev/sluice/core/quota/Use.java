package dev.sluice.core.quota;

/**
 * What has been used of one set of limits at one replica: absolute numbers since it was started.
 *
 * @param model whose limits; empty for those over all models
 * @param requests let through
 * @param tokens used or set aside, less what was given back
 * @param inFlight requests at this moment
 * @param requestsUsed what this replica believes to be used of the limit on requests by all together, in millionths of it
 * @param tokensUsed the same of the limit on tokens
 */
public record Use(String model, long requests, long tokens, int inFlight, int requestsUsed, int tokensUsed) {}
