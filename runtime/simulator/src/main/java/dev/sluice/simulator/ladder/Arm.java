package dev.sluice.simulator.ladder;

import dev.sluice.core.Policy;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * A contestant.
 *
 * @param name in tables
 * @param policy makes a fresh instance for each run
 * @param scrape how often it reads engines' metrics
 * @param pool what the engines are for
 * @param caches how it knows what engines have cached; engines that move KV are always guessed at
 */
public record Arm(String name, Supplier<Policy> policy, Duration scrape, Roles pool, Caches caches) {
    /** What the engines of a fleet are for. */
    public enum Roles {
        /** All serve, and KV does not move. */
        ALONE,
        /** Half of them compute prompts for the rest. */
        HALVES,
        /** All serve, and each may compute prompts for others. */
        BOTH
    }

    /** How a gateway knows what engines have cached. */
    public enum Caches {
        /** Engines tell, by KV events. */
        TOLD,
        /** By what was sent to them, corrected by what answers say. */
        GUESSED,
        /** It does not. */
        UNKNOWN
    }

    /** One that guesses at caches. */
    public Arm(String name, Supplier<Policy> policy, Duration scrape, Roles pool) {
        this(name, policy, scrape, pool, Caches.GUESSED);
    }

    /** One whose engines don't move KV. */
    public Arm(String name, Supplier<Policy> policy, Duration scrape) {
        this(name, policy, scrape, Roles.ALONE);
    }

    /** The same, which knows in another way what engines have cached. */
    public Arm knowing(Caches other) {
        return new Arm(name, policy, scrape, pool, other);
    }
}
