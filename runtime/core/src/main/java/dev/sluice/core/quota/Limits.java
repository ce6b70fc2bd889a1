package dev.sluice.core.quota;

/**
 * What may be used; 0 for no limit.
 *
 * @param requestsPerMinute requests, at most {@link TokenBucket#MOST}
 * @param tokensPerMinute tokens of prompts and answers together, at most {@link TokenBucket#MOST}
 * @param concurrent requests at once
 */
public record Limits(long requestsPerMinute, long tokensPerMinute, int concurrent) {
    /** No limit at all. */
    public static final Limits NONE = new Limits(0, 0, 0);

    /** Refuses what is out of range. */
    public Limits {
        if (Math.min(Math.min(requestsPerMinute, tokensPerMinute), concurrent) < 0
                || Math.max(requestsPerMinute, tokensPerMinute) > TokenBucket.MOST) {
            throw new IllegalArgumentException("limits must be 0 to " + TokenBucket.MOST);
        }
    }

    /** True when nothing is limited. */
    public boolean none() {
        return equals(NONE);
    }
}
