package dev.sluice.core.quota;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which replicas share tenants' limits, and what each of them has heard of what this one has used. Not thread-safe.
 *
 * <p><b>The rule.</b> Every replica has a whole bucket of each limit and takes out of it what any of them has used, as soon as it hears
 * of it. What the others have not said to have heard yet is its lease: a replica stops when that would be more than a tenth of the limit
 * (or than one request, where one is larger). So all together pass a limit by one lease each at most, whatever is lost, late or comes
 * twice, and nobody owns a limit whose loss would matter. A lease is free again as soon as it has been heard, which takes milliseconds:
 * it holds nobody up who is within the limit. Answers that grow longer than was thought take out of the same lease.
 *
 * <p><b>Rejected.</b> Splitting a limit by the number of replicas: connections are long, and one replica has most of a tenant's requests. An
 * owner of each limit who grants parts of it: a request would wait for it, and whoever follows a dead owner knows nothing.
 *
 * <p><b>Silence.</b> Who has not been heard for two seconds has ended without a word, or is on the other side of a partition; nobody can tell.
 * Then each side goes on with its even part of the limit, and takes the other for ended after a minute ({@code share}); or it gets no new
 * lease until the other is heard again, or ten minutes have passed ({@code deny}). Who says that it ends is gone at once. A replica that
 * has just started has one lease until it has heard another one, or for five seconds.
 */
public final class Replicas {
    /** Ns without a word after which a replica is silent. */
    public static final long SILENT = 2_000_000_000L;
    /** Ns after which a silent one is taken for ended, where limits are shared out. */
    public static final long ENDED = 60_000_000_000L;
    /** The same where nothing more is granted. */
    public static final long ENDED_FOR_ALL = 600_000_000_000L;
    /** Ns that a replica looks for others before it takes itself for alone. */
    public static final long LOOKS = 5_000_000_000L;

    private final long started;
    private final Map<Long, Other> others = new TreeMap<>();
    private long round;
    private boolean met;

    private static final class Other {
        private long round;
        private long heard;
        private long at;
    }

    /** What a message was. */
    public enum Heard {
        /** An older one than has come before. */
        OLD,
        /** The first of this replica: what it has used so far is in its neighbours' buckets already. */
        FIRST,
        /** The first after a silence. */
        AGAIN,
        /** The next. */
        NEXT
    }

    /** Nobody is known yet. */
    public Replicas(long now) {
        started = now;
    }

    /** The next round of what this one says. */
    public long nextRound() {
        return ++round;
    }

    /** The last round. */
    public long round() {
        return round;
    }

    /** The last round of a replica that has come; 0 for none. */
    public long heardOf(long member) {
        Other other = others.get(member);
        return other == null ? 0 : other.round;
    }

    /**
     * A replica has said what it has used.
     *
     * @param its its round
     * @param heard the last round of ours that it has had
     */
    public Heard heard(long member, long its, long heard, long now) {
        Other other = others.get(member);
        boolean first = other == null;
        if (other == null) {
            other = new Other();
            other.heard = ++round; // a round of its own, which nobody is told: it knows what was used until now
            others.put(member, other);
        } else if (its <= other.round) {
            return Heard.OLD;
        }
        met = true;
        boolean again = !first && now - other.at > SILENT;
        other.round = its;
        other.at = now;
        if (heard <= round) {
            other.heard = Math.max(other.heard, heard);
        }
        return first ? Heard.FIRST : again ? Heard.AGAIN : Heard.NEXT;
    }

    /** A replica has said that it ends. */
    public void left(long member) {
        others.remove(member);
    }

    /** How this one stands now. */
    public Share share(long now) {
        if (!met && now - started <= LOOKS) {
            return new Share(0, 0, Set.of(), Set.of(), 1);
        }
        others.values().removeIf(other -> now - other.at > ENDED_FOR_ALL);
        long heard = Long.MAX_VALUE;
        long byAll = Long.MAX_VALUE;
        Set<Long> present = new TreeSet<>();
        int all = 1;
        for (Map.Entry<Long, Other> entry : others.entrySet()) {
            Other other = entry.getValue();
            long silence = now - other.at;
            byAll = Math.min(byAll, other.heard);
            if (silence <= SILENT) {
                heard = Math.min(heard, other.heard);
                present.add(entry.getKey());
            }
            if (silence <= ENDED) {
                all++;
            }
        }
        return new Share(heard, byAll, Set.copyOf(present), Set.copyOf(others.keySet()), all);
    }
}
