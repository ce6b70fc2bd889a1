package dev.sluice.simulator;

import java.util.Optional;

/**
 * What a request has to do with the caches of other engines; the part of it that the engine itself needs. Who the other engine
 * is, and how its KV gets here, is the business of whoever runs the engine: see {@link EngineSink#pull}.
 *
 * <p>Prefill legs {@link Keep}, decode legs {@link Pull}; a leg that extends a history which another engine has, and hands the
 * whole on, does both.
 *
 * @param keep what becomes of its blocks once the answer is complete
 * @param pull what another engine has of its prompt
 * @param load what a storage has of its prompt
 */
public record KvTransfer(Optional<Keep> keep, Optional<Pull> pull, Optional<Load> load) {
    /** A request that this engine does alone. */
    public static final KvTransfer NONE = new KvTransfer(Optional.empty(), Optional.empty(), Optional.empty());

    /**
     * Once the answer ends with {@link FinishReason#LENGTH} or {@link FinishReason#STOP}, the blocks of what was computed stay
     * pinned until {@link EngineKv#release} or the end of the lease. Any other end frees them at once.
     *
     * @param key names the pin; what an earlier request pinned under it is freed
     * @param leaseNanos how long they stay when nobody renews or releases; above 0
     */
    public record Keep(String key, long leaseNanos) {
        /** Checks the lease. */
        public Keep {
            if (leaseNanos <= 0) {
                throw new IllegalArgumentException("a lease lasts some time, not " + leaseNanos + " ns");
            }
        }
    }

    /**
     * Another engine has leading tokens of the prompt. When blocks for them are free here the engine takes these and asks for
     * the content ({@link EngineSink#pull}); until {@link EngineKv#pulled} the sequence waits, deferred.
     *
     * @param tokens leading tokens that the other engine has, at least 1; more than the prompt's length means all of it
     * @param remoteBlocks blocks that were named for them; vLLM 0.32 dies when it needs more, see {@link Engine#isDead}
     * @param defect what is wrong with the parameters
     */
    public record Pull(int tokens, int remoteBlocks, Defect defect) {
        /** Checks the range. */
        public Pull {
            if (tokens < 1 || remoteBlocks < 0) {
                throw new IllegalArgumentException("a pull of " + tokens + " tokens from " + remoteBlocks + " blocks");
            }
        }
    }

    /**
     * A storage has leading tokens of the prompt, which are read within the step that admits the sequence. They count as cached.
     *
     * @param tokens at least 1, less than the prompt's length, whole blocks
     * @param nanosPerToken what reading takes
     */
    public record Load(int tokens, long nanosPerToken) {
        /** Checks the ranges. */
        public Load {
            if (tokens < 1 || nanosPerToken < 0) {
                throw new IllegalArgumentException("a load of " + tokens + " tokens of " + nanosPerToken + " ns");
            }
        }
    }

    /** Parameters as vLLM 0.32 takes them badly (captures 05, 14b and 21 of a real one). */
    public enum Defect {
        NONE,
        /** Blocks are named, but not by whom they are held: the request waits for ever, and the engine dies when it is aborted. */
        INCOMPLETE,
        /** No blocks are named: the engine dies when it schedules the request. */
        NO_BLOCKS
    }

    KvTransfer withoutPull() {
        return new KvTransfer(keep, Optional.empty(), Optional.empty());
    }

    /** A prefill leg. */
    public static KvTransfer keep(String key, long leaseNanos) {
        return new KvTransfer(Optional.of(new Keep(key, leaseNanos)), Optional.empty(), Optional.empty());
    }

    /** A decode leg with good parameters. */
    public static KvTransfer pull(int tokens, int remoteBlocks) {
        return new KvTransfer(
                Optional.empty(), Optional.of(new Pull(tokens, remoteBlocks, Defect.NONE)), Optional.empty());
    }

    /** A request whose prompt a storage has, or its beginning. */
    public static KvTransfer load(int tokens, long nanosPerToken) {
        return new KvTransfer(Optional.empty(), Optional.empty(), Optional.of(new Load(tokens, nanosPerToken)));
    }
}
