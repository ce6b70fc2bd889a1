package dev.sluice.core.peers;

import java.util.Map;
import java.util.TreeMap;

/**
 * What the other replicas have in flight, as far as they have said so of late. Each says all of its own, again and again; what counts
 * is the newest of each, and none that is older than the staleness that is allowed. So a lost message is made good by the next one, one
 * that comes late or twice changes nothing, and a replica that has died takes its load along after that time. Not thread-safe.
 */
final class PeerLoads {
    private final long staleAfter;
    private final Map<Long, Member> members = new TreeMap<>();

    private static final class Member {
        private final Map<Long, PeerLoad> rows = new TreeMap<>();
        private long round = -1;
        private long at;
    }

    /** @param staleAfter ns after which what a replica has said no longer counts */
    PeerLoads(long staleAfter) {
        this.staleAfter = staleAfter;
    }

    /** A replica has said what it has in flight. */
    void heard(long member, PeerMessage.Load load, long now) {
        Member its = members.computeIfAbsent(member, id -> new Member());
        if (load.round() < its.round) {
            return;
        }
        its.round = load.round();
        its.at = now;
        its.rows.keySet().removeIf(load::about);
        for (PeerMessage.Row row : load.rows()) {
            if (load.about(row.endpoint())) {
                its.rows.put(row.endpoint(), row.load());
            }
        }
    }

    /** A replica has ended. */
    void left(long member) {
        members.remove(member);
    }

    /** Ends what is too old. True when there was any. */
    boolean expire(long now) {
        return members.values().removeIf(member -> now - member.at > staleAfter);
    }

    /** What all others together have in flight at an endpoint. */
    PeerLoad of(long endpoint) {
        PeerLoad sum = PeerLoad.NONE;
        for (Member member : members.values()) {
            sum = sum.plus(member.rows.getOrDefault(endpoint, PeerLoad.NONE));
        }
        return sum;
    }

    /** Replicas that count. */
    int count() {
        return members.size();
    }

    /** Age of the oldest word that still counts, ns; 0 when there is none. */
    long staleness(long now) {
        long oldest = 0;
        for (Member member : members.values()) {
            oldest = Math.max(oldest, now - member.at);
        }
        return oldest;
    }
}
