package dev.sluice.core;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Requests that engines break of. An engine that dies takes along all that ran there, and one of them may be the cause: each is a suspect.
 * A request that has broken {@link #DEATHS} engines, in one exchange or in several, is not shown to another: its fingerprint is in
 * quarantine for a while. A request of the same fingerprint that is answered to its end clears it: a prompt that many send and
 * engines answer is not held for having been there twice. After the quarantine one more may try, and a third death brings it back at
 * once. What is kept is a fingerprint, a count and times; the oldest are forgotten beyond {@link #MOST}. Not thread-safe, like all of
 * core.
 */
public final class Quarantine {
    /** Engines that may break of a request. */
    public static final int DEATHS = 2;
    /** An engine that dies takes all its requests along within a moment: that is one death, however many of them are alike. */
    static final long SAME_DEATH_NS = 2_000_000_000L;
    /** Most fingerprints that are remembered. */
    public static final int MOST = 10_000;

    private final Map<Long, Suspect> suspects = new LinkedHashMap<>();
    private long nanos;

    private static final class Suspect {
        private int deaths;
        private long last;
        private String engine = "";
        private long engineAt;
    }

    /** @param nanos how long a fingerprint is held, and a suspect remembered; 0 holds nobody */
    public Quarantine(long nanos) {
        this.nanos = nanos;
    }

    /** Holds for so long from now on, ns. */
    public void configure(long next) {
        nanos = next;
        if (next <= 0) {
            suspects.clear();
        }
    }

    /** Whether a request of this fingerprint must not be shown to an engine. */
    public boolean held(long fingerprint, long now) {
        Suspect suspect = suspects.get(fingerprint);
        if (suspect == null || suspect.deaths < DEATHS) {
            return false;
        }
        if (now - suspect.last < nanos) {
            return true;
        }
        suspect.last = now; // this one may try, and nobody else until it has ended or as much time has passed again
        return false;
    }

    /**
     * An engine broke while it had a request of this fingerprint.
     *
     * @param engine its id
     * @return true when it is held from now on
     */
    public boolean died(long fingerprint, String engine, long now) {
        if (nanos <= 0) {
            return false;
        }
        Suspect known = suspects.remove(fingerprint);
        Suspect suspect = known == null || (now - known.last >= nanos && known.deaths < DEATHS) ? new Suspect() : known;
        suspects.put(fingerprint, suspect);
        if (!engine.equals(suspect.engine) || now - suspect.engineAt >= SAME_DEATH_NS) {
            suspect.deaths++;
            suspect.last = now;
            suspect.engine = engine;
            suspect.engineAt = now;
        }
        if (suspects.size() > MOST) {
            Iterator<Long> eldest = suspects.keySet().iterator();
            eldest.next();
            eldest.remove();
        }
        return suspect.deaths >= DEATHS;
    }

    /** A request of this fingerprint was answered to its end. */
    public void survived(long fingerprint) {
        suspects.remove(fingerprint);
    }

    /** Whether nobody is suspected. */
    public boolean isEmpty() {
        return suspects.isEmpty();
    }

    /** How many fingerprints are held. */
    public int held(long now) {
        int held = 0;
        for (Suspect suspect : suspects.values()) {
            held += suspect.deaths >= DEATHS && now - suspect.last < nanos ? 1 : 0;
        }
        return held;
    }
}
