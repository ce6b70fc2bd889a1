package dev.sluice.core.quota;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What has been used of one set of limits. Not thread-safe. */
final class Meter {
    private Limits limits;
    private @Nullable TokenBucket requests;
    private @Nullable TokenBucket tokens;
    private int inFlight;

    Meter(Limits limits, long now) {
        this.limits = limits;
        this.requests = bucket(limits.requestsPerMinute(), now);
        this.tokens = bucket(limits.tokensPerMinute(), now);
    }

    private static @Nullable TokenBucket bucket(long perMinute, long now) {
        return perMinute == 0 ? null : new TokenBucket(perMinute, now);
    }

    /** Other limits from now on; what is used stays used. */
    void limits(Limits next, long now) {
        requests = resized(requests, next.requestsPerMinute(), now);
        tokens = resized(tokens, next.tokensPerMinute(), now);
        limits = next;
    }

    private static @Nullable TokenBucket resized(@Nullable TokenBucket bucket, long perMinute, long now) {
        if (bucket == null || perMinute == 0) {
            return bucket(perMinute, now);
        }
        bucket.resize(perMinute, now);
        return bucket;
    }

    Optional<Exceeded> refuses(long amount, long now) {
        if (limits.concurrent() > 0 && inFlight >= limits.concurrent()) {
            return Optional.of(new Exceeded(Exceeded.What.CONCURRENT, 0));
        }
        long request = requests == null ? 0 : requests.waits(1, now);
        if (request > 0) {
            return Optional.of(new Exceeded(Exceeded.What.REQUESTS, request));
        }
        long token = tokens == null ? 0 : tokens.waits(amount, now);
        return token > 0 ? Optional.of(new Exceeded(Exceeded.What.TOKENS, token)) : Optional.empty();
    }

    void begin(long amount, long now) {
        inFlight++;
        if (requests != null) {
            requests.take(1, now);
        }
        correct(amount, now);
    }

    void end(long correction, long now) {
        inFlight--;
        correct(correction, now);
    }

    /** Whether so many tokens are there now: nothing is lent. */
    boolean has(long amount, long now) {
        return tokens == null || tokens.left(now) >= amount;
    }

    void correct(long amount, long now) {
        if (tokens != null && amount != 0) {
            tokens.take(amount, now);
        }
    }

    int inFlight() {
        return inFlight;
    }

    Standing standing(long now) {
        return new Standing(of(requests, now), of(tokens, now));
    }

    private static Standing.Row of(@Nullable TokenBucket bucket, long now) {
        return bucket == null
                ? Standing.Row.NONE
                : new Standing.Row(bucket.perMinute(), bucket.left(now), bucket.untilFull(now));
    }
}
