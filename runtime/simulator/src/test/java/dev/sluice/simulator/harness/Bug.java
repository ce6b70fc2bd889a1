package dev.sluice.simulator.harness;

/** Mistakes that are planted on purpose, to see whether the harness finds them. */
enum Bug {
    NONE,
    /** A claim that was given back is given back again: in-flight falls below what is there. */
    DOUBLE_RELEASE,
    /** A cancelled request keeps its claim. */
    CLAIM_KEPT_ON_CANCEL,
    /** A failed leg keeps its claim when the request is tried elsewhere. */
    CLAIM_KEPT_ON_RETRY,
    /** An endpoint left, its blocks stay in the index. */
    INDEX_KEPT,
    /** The slot of an endpoint that left is handed out while its requests still run. */
    STALE_SLOT,
    /** A stream that broke is begun again, although the client has seen a part of it. */
    RETRY_AFTER_BYTE,
    /** A request that leaves the queue on cancel leaves its bytes there. */
    QUEUE_BYTES_KEPT,
    /** A request that is cancelled while it waits leaves its ticket in the queue. */
    TICKET_KEPT,
    /** Room that becomes free wakes nobody. */
    LOST_WAKE_UP,
    /** Attempts are not counted. */
    ENDLESS_ATTEMPTS,
    /** An endpoint that failed is tried again by the same request. */
    TRIED_AGAIN,
    /** The request goes to another endpoint than the one that was decided on and allowed. */
    OUTSIDE_CANDIDATES,
    /** A request that was cancelled ends a second time when its leg does. */
    TWO_ENDINGS,
    /** A stream that was cut counts as complete. */
    CUT_LOOKS_COMPLETE,
    /** Nobody watches an engine that falls silent. */
    NO_TIME_LIMIT,
    /** A choice depends on the address of an object. */
    IDENTITY_ORDER,
    /** The bound of the queue is not looked at. */
    UNBOUNDED_QUEUE
}
