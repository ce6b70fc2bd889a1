package dev.sluice.plugins;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.OneOf;
import dev.sluice.spi.Range;
import java.time.Duration;

/**
 * Parameters of {@code lmcache}.
 *
 * @param mode how engines find each other's KV
 * @param initPort where a decode engine takes introductions, plus its rank
 * @param allocPort where it allocates, plus its rank
 * @param ranks tensor-parallel ranks of a decode engine
 * @param lease how long a prefill engine keeps what nobody fetched
 */
public record LmCacheConfig(
        @Doc(
                "`shared`: one store for all engines. `handoff`: the P/D backend's pull variant, which needs no socket of the gateway's.")
        @Default("shared")
        @OneOf({"shared", "handoff"})
        String mode,

        @Doc("`handoff`: `pd_peer_init_port` of the decode engines, for rank 0; further ranks follow.")
        @Default("7300")
        @Range(min = 1, max = 65_000)
        int initPort,

        @Doc("`handoff`: `pd_peer_alloc_port` of the decode engines, for rank 0; further ranks follow.")
        @Default("7400")
        @Range(min = 1, max = 65_000)
        int allocPort,

        @Doc("`handoff`: tensor-parallel ranks of a decode engine.") @Default("1") @Range(min = 1, max = 64)
        int ranks,

        @Doc("`handoff`: how long a prefill engine keeps what nobody fetched.") @Default("60s")
        Duration lease) {}
