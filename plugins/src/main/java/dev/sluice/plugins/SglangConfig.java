package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;

/**
 * Parameters of {@code sglang}.
 *
 * @param bootstrapPort of prefill engines
 */
public record SglangConfig(
        @Doc(
                "Bootstrap port of prefill engines (`SGLANG_BOOTSTRAP_PORT`); label `sluice.dev/kv-port` of an endpoint wins.")
        @Default("8998")
        @Range(min = 1, max = 65_535)
        int bootstrapPort) {}
