package dev.sluice.simulator.transfer;

import java.util.List;

/**
 * Where a prompt's KV is.
 *
 * @param host of the engine that has it, or will have it
 * @param port of its side channel, or of its bootstrap server when {@code bootstrap}
 * @param bootstrap whether the side channel's address is to be asked for first
 * @param engineId what that engine must call itself; empty for whatever it does
 * @param key what it keeps the blocks as; empty when it keeps nothing and the blocks are those that it has cached
 * @param blocks their ids; none when they are to be waited for
 * @param patienceSeconds how long they are waited for
 */
public record Source(
        String host,
        int port,
        boolean bootstrap,
        String engineId,
        String key,
        List<Integer> blocks,
        double patienceSeconds) {
    /** Whether the other side is to say which blocks it has. */
    boolean meets() {
        return blocks.isEmpty();
    }

    String address() {
        return host + ":" + port;
    }
}
