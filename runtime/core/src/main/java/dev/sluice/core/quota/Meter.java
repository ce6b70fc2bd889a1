package dev.sluice.core.quota;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What has been used of one set of limits: here, and as far as it is known by other replicas. Not thread-safe. */
final class Meter {
    private static final double MILLION = 1e6;
    /** How soon it is worth while to ask again when others have not heard yet what was used here, ns. */
    private static final long SOON = 250_000_000L;

    private Limits limits;
    private @Nullable TokenBucket requests;
    private @Nullable TokenBucket tokens;
    private int inFlight;
    private long usedRequests;
    private long usedTokens;
    /** What was told in which round, the last of those that all have heard first. */
    private final Deque<Told> told = new ArrayDeque<>();

    private final Map<Long, Use> others = new TreeMap<>();
    private Share share = Share.ALONE;
    private boolean deny;

    private record Told(long round, long requests, long tokens, int inFlight) {
        static final Told NOTHING = new Told(0, 0, 0, 0);
    }

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
        limits = next;
        resize(now);
    }

    /** How this replica stands from now on. */
    void share(Share next, boolean denies, long now) {
        share = next;
        deny = denies;
        others.keySet().retainAll(next.known());
        resize(now);
        long heard = heard();
        Told first = told.pollFirst();
        while (first != null && !told.isEmpty() && told.getFirst().round <= heard) {
            first = told.removeFirst();
        }
        if (first != null) {
            told.addFirst(first);
        }
    }

    private long heard() {
        return deny ? share.heardByAll() : share.heard();
    }

    private void resize(long now) {
        requests = resized(requests, part(limits.requestsPerMinute()), now);
        tokens = resized(tokens, part(limits.tokensPerMinute()), now);
    }

    /** What of a limit is ours to give while others are silent. */
    private long part(long limit) {
        return deny || limit == 0 ? limit : Math.max(1, limit * share.there() / share.all());
    }

    private static @Nullable TokenBucket resized(@Nullable TokenBucket bucket, long perMinute, long now) {
        if (bucket == null || perMinute == 0) {
            return bucket(perMinute, now);
        }
        if (bucket.perMinute() != perMinute) {
            bucket.resize(perMinute, now);
        }
        return bucket;
    }

    Optional<Exceeded> refuses(long amount, long now) {
        if (limits.concurrent() > 0 && inFlight + elsewhere() >= part(limits.concurrent())) {
            return Optional.of(new Exceeded(Exceeded.What.CONCURRENT, 0));
        }
        long request = requests == null ? 0 : requests.waits(1, now);
        if (request > 0) {
            return Optional.of(new Exceeded(Exceeded.What.REQUESTS, request));
        }
        long token = tokens == null ? 0 : tokens.waits(amount, now);
        if (token > 0) {
            return Optional.of(new Exceeded(Exceeded.What.TOKENS, token));
        }
        Told sure = sure();
        if (beyond(inFlight - sure.inFlight, 1, limits.concurrent())) {
            return Optional.of(new Exceeded(Exceeded.What.CONCURRENT, SOON, true));
        }
        if (beyond(usedRequests - sure.requests, 1, limits.requestsPerMinute())) {
            return Optional.of(new Exceeded(Exceeded.What.REQUESTS, SOON, true));
        }
        return beyond(usedTokens - sure.tokens, amount, limits.tokensPerMinute())
                ? Optional.of(new Exceeded(Exceeded.What.TOKENS, SOON, true))
                : Optional.empty();
    }

    /** Whether more than a lease would be used that others have not heard of. */
    private static boolean beyond(long unheard, long amount, long limit) {
        return limit > 0 && unheard > 0 && unheard + amount > lease(limit);
    }

    /** What may be used before others have heard of it, at least 1. */
    static long lease(long limit) {
        return Math.max(1, limit / 10);
    }

    /** Whether others should hear soon of what was used here. */
    boolean urgent() {
        Told sure = sure();
        return half(usedRequests - sure.requests, limits.requestsPerMinute())
                || half(usedTokens - sure.tokens, limits.tokensPerMinute())
                || half((long) inFlight - sure.inFlight, limits.concurrent());
    }

    private static boolean half(long unheard, long limit) {
        return limit > 0 && 2 * unheard >= lease(limit);
    }

    /** What all have heard of for sure whose word is needed. */
    private Told sure() {
        long heard = heard();
        if (heard == Long.MAX_VALUE) {
            return new Told(heard, usedRequests, usedTokens, inFlight);
        }
        for (Iterator<Told> newest = told.descendingIterator(); newest.hasNext(); ) {
            Told one = newest.next();
            if (one.round <= heard) {
                return one;
            }
        }
        return Told.NOTHING;
    }

    void begin(long amount, long now) {
        inFlight++;
        usedRequests++;
        if (requests != null) {
            requests.take(1, now);
        }
        correct(amount, now);
    }

    void end(long correction, long now) {
        inFlight--;
        correct(correction, now);
    }

    /** Whether so many tokens are there now: nothing is lent, and no more is used than a lease that others have not heard of. */
    boolean has(long amount, long now) {
        return tokens == null
                || (tokens.left(now) >= amount
                        && !beyond(usedTokens - sure().tokens, amount, limits.tokensPerMinute()));
    }

    void correct(long amount, long now) {
        usedTokens += amount;
        if (tokens != null && amount != 0) {
            tokens.take(amount, now);
        }
    }

    /** What others are to be told in a round; empty when there is nothing that they don't know. */
    Optional<Use> tell(String model, long round, long now) {
        Told last = told.isEmpty() ? Told.NOTHING : told.peekLast();
        if (same(sure()) && same(last) && inFlight == 0) {
            return Optional.empty();
        }
        mark(round);
        return Optional.of(
                new Use(model, usedRequests, usedTokens, inFlight, millionths(requests, now), millionths(tokens, now)));
    }

    /** Whoever comes in this round knows what was used before it. */
    void mark(long round) {
        Told last = told.peekLast();
        if (last == null || !same(last)) {
            told.addLast(new Told(round, usedRequests, usedTokens, inFlight));
        }
    }

    private boolean same(Told then) {
        return then.requests == usedRequests && then.tokens == usedTokens && then.inFlight == inFlight;
    }

    private static int millionths(@Nullable TokenBucket bucket, long now) {
        return bucket == null ? 0 : Math.clamp(Math.round(bucket.usedShare(now) * MILLION), 0, 100_000_000);
    }

    /** Another replica has said what it has used. */
    void heard(long member, Use use, Replicas.Heard how, long now) {
        Use before = others.put(member, use);
        boolean anew = before == null || use.requests() < before.requests();
        if (before == null || anew || how == Replicas.Heard.FIRST) {
            // What it had used before we knew it: nobody is told from when, but how much of it counts now.
            atLeast(requests, use.requestsUsed(), now);
            atLeast(tokens, use.tokensUsed(), now);
            return;
        }
        boolean again = how == Replicas.Heard.AGAIN;
        take(requests, use.requests() - before.requests(), again ? use.requestsUsed() : -1, now);
        take(tokens, use.tokens() - before.tokens(), again ? use.tokensUsed() : -1, now);
    }

    private static void atLeast(@Nullable TokenBucket bucket, int millionths, long now) {
        if (bucket != null) {
            bucket.useAtLeast(millionths / MILLION, now);
        }
    }

    /** @param most millionths of the limit that can still count of it, -1 for all */
    private static void take(@Nullable TokenBucket bucket, long amount, int most, long now) {
        if (bucket != null) {
            long counts = most < 0
                    ? amount
                    : Math.min(amount, (long) Math.ceil(most / MILLION * (double) bucket.perMinute()));
            bucket.take(counts, now);
        }
    }

    /** A replica has ended: what it had in flight is over. */
    void left(long member) {
        others.remove(member);
    }

    private int elsewhere() {
        int sum = 0;
        for (Map.Entry<Long, Use> other : others.entrySet()) {
            if (deny || share.present().contains(other.getKey())) {
                sum += other.getValue().inFlight();
            }
        }
        return sum;
    }

    /** Tokens used here, and by others that share, as far as they have said. */
    long known() {
        long sum = usedTokens;
        for (Use use : others.values()) {
            sum += use.tokens();
        }
        return sum;
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
