package dev.sluice.spi;

/**
 * Adds headers to the answer that a client is sent. Asked when the answer is about to begin; what a third party's instance
 * has not written within its budget is not sent.
 */
public non-sealed interface ResponseHeaderWriter extends Part {
    /** Writes headers for an answer that comes from the choice's endpoint. */
    void write(Request request, Choice choice, ResponseHeaders out);
}
