package dev.sluice.gateway.kv;

/**
 * What one endpoint holds of a prompt.
 *
 * @param tokens that it would be found to have, by its own word
 * @param worth tokens whose computation that saves, what is on its way to it included; slower memory counts for less
 * @param exact true when it holds no more than that
 */
public record Held(int tokens, int worth, boolean exact) {
    /** The same, with what was sent there a moment ago. */
    Held atLeast(int sent) {
        return sent > worth ? new Held(tokens, sent, exact) : this;
    }
}
