/**
 * A fleet in virtual time: real engines' model, the gateway's real core, and a pure model of what stands between them. Nothing
 * here has a clock or a thread, so a run of an hour takes seconds and repeats bit for bit.
 *
 * <h2>Prefill and decode apart</h2>
 *
 * <p>Servers that trade KV share a {@link dev.sluice.simulator.fleet.KvNetwork} and have a name in it. A leg says what it has to
 * do with another one's KV by a {@link dev.sluice.simulator.fleet.KvLeg}:
 *
 * <pre>{@code
 * KvNetwork network = new KvNetwork(loop, KvLink.INFINIBAND_400G);
 * network.link("p0", "d0", KvLink.ROCE_100G);
 * Server p0 = new Server(loop, profile, seed, "p0", network);
 * Server d0 = new Server(loop, profile, seed, "d0", network);
 *
 * // Serial, as NIXL in pull mode. The prefill leg's Ask has outputTokens 1; its Leg.kept(params) comes just before ended().
 * p0.call(1, prompt, KvLeg.PREFILL, prefillLeg);
 * d0.call(2, whole, new KvLeg.Decode(params), decodeLeg);
 *
 * // Both at once under one key, as NIXL in push mode, Mooncake, the offloading P2P tier and SGLang.
 * p0.call(1, prompt, new KvLeg.Prefill("xfer-1"), prefillLeg);
 * d0.call(2, whole, new KvLeg.Meet("p0", "xfer-1", patienceNanos), decodeLeg);
 * }</pre>
 *
 * <p>The decode leg's first token comes after its place in the queue, blocks, handshake, transfer and one token of compute. Its
 * usage has only cached tokens of its own side; the exchange's are {@link dev.sluice.simulator.fleet.KvParams#cachedTokens}.
 * {@code server.abort(id, leg)} closes a leg: a decode leg that has not begun to fetch tells the prefill side to let go, one that
 * has lets it go when the transfer is over, and a prefill leg that has ended leaves its pin to a decode leg or to the lease.
 *
 * <p>What can be asked: {@code server.engine().kv().pins()} (untracked ones are leaks), {@code pinnedBlocks()}, {@code deferred()};
 * {@code engine().stats().expiredLeases()}; {@code network.transfers()}, {@code bytes()}, {@code failed()}, {@code corrupt()} (a
 * leg was answered from KV that was not its prompt's: never acceptable), {@code late()}; {@code server.deaths()} (what was sent
 * to it killed vLLM 0.32: never acceptable).
 *
 * <p>Faults: {@code server.crash()} and {@code restart()} (another {@code engineId}, old params fail), {@code network.cut},
 * {@code network.loseReleases}, a short {@code network.lease}, a slow {@code network.link}, {@code engine().slowDown}, and
 * whatever the gateway does wrong: params too late, of another prompt, twice, or not whole
 * ({@link dev.sluice.simulator.fleet.KvLeg.Broken}).
 */
@NullMarked
package dev.sluice.simulator.fleet;

import org.jspecify.annotations.NullMarked;
