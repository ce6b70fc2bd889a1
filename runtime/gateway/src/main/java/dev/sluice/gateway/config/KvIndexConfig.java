package dev.sluice.gateway.config;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** The precise index. Without an engine that publishes KV events nothing of it exists. */
public record KvIndexConfig(
        @Doc(
                "Pairs of a block and an engine that one pool keeps, some 40 bytes each; beyond it the oldest go. Absent: an eighth of the heap.")
        @Range(min = 1000, max = 16_000_000)
        OptionalInt blocks,

        @Doc("File that the index is written to, so that the next start knows it at once. Absent: none.")
        Optional<Path> snapshot,

        @Doc("Time between two snapshots.") @Default("1m") @Range(min = 1, max = 86400)
        Duration every,

        @Doc("Where token ids of prompts come from: `engines` asks them when a request has none, `requests` does not.")
        @Default("engines")
        TokenIds tokenIds,

        @Doc("Longest time that a request waits for its token ids.") @Default("50ms") @Range(min = 0.001, max = 10)
        Duration tokenWait,

        @Doc("Calls for token ids at once, per pool.") @Default("16") @Range(min = 1, max = 1024)
        int tokenCalls) {
    /** Where token ids come from. */
    public enum TokenIds {
        /** From requests, and else from engines. */
        ENGINES,
        /** From requests alone. */
        REQUESTS
    }
}
