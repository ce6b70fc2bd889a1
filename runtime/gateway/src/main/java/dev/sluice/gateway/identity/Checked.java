package dev.sluice.gateway.identity;

/** What became of a token's check. */
public sealed interface Checked {
    /** It is good. */
    record Known(Identity identity) implements Checked {}

    /**
     * It is not.
     *
     * @param reason for the log at debug level; never repeats the token
     */
    record Bad(String reason) implements Checked {}

    /** Nobody can tell: its issuer's keys can't be had. */
    record Unchecked(String issuer) implements Checked {}
}
