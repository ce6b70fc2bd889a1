package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import java.time.Duration;

/**
 * Parameters of {@code offloading}.
 *
 * @param port of the engines' P2P tier
 * @param legs order of the legs
 * @param lease how long a prefill engine keeps what nobody fetched
 * @param warmUp whether pairs shake hands before requests use them
 */
public record OffloadingConfig(
        @Doc("Port of the engines' P2P tier; label `sluice.dev/kv-port` of an endpoint wins.")
        @Default("7777")
        @Range(min = 1, max = 65_535)
        int port,

        @Doc(
                "`parallel`: both legs at once. `serial`: decode when the prefill has ended, for engines whose load deadline is shorter than a prefill.")
        @Default("parallel")
        @OneOf({"parallel", "serial"})
        String legs,

        @Doc("How long a prefill engine keeps what nobody fetched.") @Default("60s")
        Duration lease,

        @Doc("Warm pairs up with a small request of the gateway's own.") @Default("true")
        boolean warmUp) {}
