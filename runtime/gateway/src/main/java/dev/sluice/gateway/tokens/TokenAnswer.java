package dev.sluice.gateway.tokens;

import java.util.Locale;
import java.util.Optional;

/**
 * What came of a question.
 *
 * @param ids in the prompt's order; empty when an estimate must do. Shared: not to be written to
 */
public record TokenAnswer(Optional<int[]> ids, How how) {
    /** How it went. */
    public enum How {
        /** Asked before. */
        CACHED,
        /** An engine said. */
        EXACT,
        /** No engine can say of such a request: another route, several prompts, or one that engines refuse. */
        UNSUITED,
        /** Too many questions are open. */
        BUSY,
        /** No answer, or none in time. */
        FAILED,
        /** None is asked: all have failed just now. */
        OFF;

        /** Lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static TokenAnswer none(How how) {
        return new TokenAnswer(Optional.empty(), how);
    }
}
