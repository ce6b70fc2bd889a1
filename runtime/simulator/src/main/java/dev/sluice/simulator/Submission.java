package dev.sluice.simulator;

/** What an engine said to a new request. */
public enum Submission {
    ACCEPTED,
    /** {@link EngineProfile#maxNumQueuedReqs()} is reached; vLLM answers 503. */
    QUEUE_FULL,
    /** Prompt and output can never fit, neither in the model's context nor in the cache. */
    TOO_LONG,
    /** The engine has died, see {@link Engine#isDead}. */
    DEAD
}
