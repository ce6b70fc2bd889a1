package dev.sluice.gateway.config;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.nio.file.Path;

/** A log of what was used: one JSON line for each request, without prompts and keys. */
public record UsageConfig(
        @Doc("Lines are appended to it.") Path file,

        @Doc("Before it grows larger it becomes `FILE.1`, that `FILE.2`, and so on.")
        @Default("64MiB")
        @Range(min = 1024)
        Size rotateAt,

        @Doc("Rotated files that are kept.") @Default("8") @Range(min = 0, max = 10000)
        int keep) {}
