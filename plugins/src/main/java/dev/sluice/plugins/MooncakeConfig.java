package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.time.Duration;

/**
 * Parameters of {@code mooncake}.
 *
 * @param bootstrapPort of prefill engines
 * @param lease how long a prefill engine keeps what nobody fetched
 */
public record MooncakeConfig(
        @Doc(
                "Bootstrap port of prefill engines (`VLLM_MOONCAKE_BOOTSTRAP_PORT`); label `sluice.dev/kv-port` of an endpoint wins.")
        @Default("8998")
        @Range(min = 1, max = 65_535)
        int bootstrapPort,

        @Doc("How long a prefill engine keeps blocks that nobody fetched (`VLLM_MOONCAKE_ABORT_REQUEST_TIMEOUT`).")
        @Default("480s")
        Duration lease) {}
