package dev.sluice.spi;

/** Endpoints that may compute a prompt, endpoints that may generate, and what lies between them. Valid during the call only. */
public interface Pairs {
    /** Those that may compute the prompt; may be empty. */
    Candidates prefill();

    /** Those that may generate; at least one. */
    Candidates decode();

    /**
     * Expected time to move KV from one to the other: learned from earlier moves; before any, by what they share (host, zone).
     * Includes the first handshake where the two have not talked yet.
     *
     * @param prefill index of a prefill candidate
     * @param decode index of a decode candidate
     * @param tokens how much is moved
     * @return ms; infinite when the two can't, or it has just failed
     */
    double transferMs(int prefill, int decode, double tokens);
}
