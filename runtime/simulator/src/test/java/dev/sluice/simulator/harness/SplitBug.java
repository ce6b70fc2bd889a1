package dev.sluice.simulator.harness;

/** Mistakes with two engines that are planted on purpose, to see whether the harness finds them. */
enum SplitBug {
    NONE,
    /** What was handed over is used again after an engine has taken it up. */
    PARAMS_TWICE,
    /** A request is tried again after its client has seen a token. */
    RETRY_AFTER_BYTE,
    /** The claim on the prefill endpoint is kept when the client leaves during the prefill. */
    PREFILL_CLAIM_KEPT,
    /** Blocks that a client left behind are forgotten: neither released nor counted. */
    PIN_FORGOTTEN,
    /** A request that was cancelled ends once more. */
    TWO_ENDINGS,
    /** A request whose fetch has failed is told to fetch again. */
    FETCH_AGAIN,
    /** An endpoint is told to fetch from one that is out of service. */
    FETCH_FROM_THE_DEAD
}
