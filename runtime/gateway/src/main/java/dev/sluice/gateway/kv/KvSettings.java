package dev.sluice.gateway.kv;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What the precise index may take and where it is kept.
 *
 * @param blocks pairs of a block and an engine that one pool keeps, at most some 40 bytes each
 * @param snapshot file that outlives the process; empty for none
 * @param every time between two snapshots
 */
public record KvSettings(long blocks, Optional<Path> snapshot, Duration every) {
    /** An eighth of the heap for each pool, and no snapshot. */
    public static final KvSettings DEFAULT =
            new KvSettings(Runtime.getRuntime().maxMemory() / 8 / 40, Optional.empty(), Duration.ofMinutes(1));
}
