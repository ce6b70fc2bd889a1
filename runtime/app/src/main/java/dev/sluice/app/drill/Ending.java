package dev.sluice.app.drill;

/** How a request ended, as its client saw it. */
enum Ending {
    /** All of the answer, and its marks say so. */
    COMPLETE("complete"),
    /** A status other than 200, with an error in the body. */
    REFUSED("refused"),
    /** A stream that says itself that it went wrong, and has no {@code [DONE]}. */
    ERROR_EVENT("ended with an error event"),
    /** The connection was lost before a byte of an answer. */
    NO_BYTE("lost before a byte"),
    /** The connection was lost in the middle of an answer, and nothing in it looks like an end. */
    CUT("cut"),
    /** Silence for longer than anybody waits. */
    HUNG("hung"),
    /** It looks complete and is not. */
    FALSE_END("looked complete and was not");

    private final String words;

    Ending(String words) {
        this.words = words;
    }

    @Override
    public String toString() {
        return words;
    }
}
