package dev.sluice.simulator.harness;

/** Mistakes in flow control that are planted on purpose, to see whether {@link FlowWorld} finds them. */
enum FlowBug {
    NONE,
    /** Requests are counted, not what they ask for. */
    COUNTS_REQUESTS,
    /** All have the same share. */
    WEIGHT_IGNORED,
    /** All have the same priority. */
    PRIORITY_IGNORED,
    /** Room that was set aside is not given back, now and then. */
    ROOM_KEPT,
    /** Nobody goes on when an engine is done with a prompt, or as time passes. */
    LOST_WAKE_UP,
    /** Who is pushed out is not told. */
    PUSHED_OUT_IN_SILENCE,
    /** Who has waited too long goes on waiting. */
    LATE_STAYS,
    /** The bound of a tenant is not looked at. */
    FLOW_BOUND_IGNORED,
    /** A client that leaves the queue leaves its bytes there. */
    BYTES_KEPT
}
