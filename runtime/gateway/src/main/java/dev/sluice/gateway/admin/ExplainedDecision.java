package dev.sluice.gateway.admin;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.sluice.core.Explanation;

/**
 * A decision and why it was made so. As JSON the explanation's fields stand beside {@code decision}.
 *
 * @param decision what was decided, and how it went
 * @param why the explanation
 */
public record ExplainedDecision(
        RecentDecision decision, @JsonUnwrapped Explanation why) {
    /** As the admin port shows it. */
    public byte[] json() {
        return AdminJson.bytes(this);
    }
}
