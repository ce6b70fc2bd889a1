package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import java.time.Duration;

/**
 * Parameters of {@code nixl}.
 *
 * @param mode whether the decode engine reads from the prefill engine, or that one writes
 * @param lease how long a prefill engine keeps what nobody fetched
 * @param requestIdOptional take parameters that lack {@code remote_request_id}
 * @param p2pPull the engines also have an offloading connector with a P2P tier
 * @param p2pPort that tier's port
 * @param warmUp whether pairs shake hands before requests use them
 */
public record NixlConfig(
        @Doc(
                "`pull`: the decode engine reads, after the prefill (NixlConnector). `push`: the prefill engine writes, both legs at once (NixlPushConnector).")
        @Default("pull")
        @OneOf({"pull", "push"})
        String mode,

        @Doc("How long a prefill engine keeps blocks that nobody fetched: the engines' `kv_lease_duration`.")
        @Default("30s")
        Duration lease,

        @Doc("Engines of before `remote_request_id`. Newer ones die without it, so never with a mixed fleet.")
        @Default("false")
        boolean requestIdOptional,

        @Doc("The engines combine NIXL with an OffloadingConnector that has a P2P tier, so prefixes can be pulled.")
        @Default("false")
        boolean p2pPull,

        @Doc("Port of that tier; label `sluice.dev/kv-port` of an endpoint wins.") @Default("7777")
        int p2pPort,

        @Doc("Warm pairs up with a small request of the gateway's own, because their first exchange takes seconds.")
        @Default("true")
        boolean warmUp) {}
