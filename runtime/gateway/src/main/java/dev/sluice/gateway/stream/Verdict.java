package dev.sluice.gateway.stream;

/** How a stream ended. Nothing but {@link #COMPLETE} was passed on as a complete stream. */
public enum Verdict {
    /** Not ended yet. */
    OPEN,
    /** The dialect's terminal marker came and was passed on; the rest is dropped. */
    COMPLETE,
    /** The engine gave the answer up, as one does that is being stopped. That event and what follows is held back. */
    CUT_ABORT,
    /** The engine said what went wrong. Its error event is passed on (once), the end marker after it is not. */
    ENGINE_ERROR,
    /** Ended without a terminal marker, or with one while choices were still unfinished and short of the limit asked for; the marker is held back. */
    CUT,
    /** Not events, not JSON, or an event over the size limit. From the first such event on all is held back. */
    GARBAGE;

    /** Whether the client still has to be told that the stream broke: then send {@link StreamWatcher#cutEvent}. */
    public boolean needsCutEvent() {
        return this == CUT_ABORT || this == CUT || this == GARBAGE;
    }
}
