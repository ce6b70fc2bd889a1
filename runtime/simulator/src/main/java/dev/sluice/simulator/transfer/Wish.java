package dev.sluice.simulator.transfer;

import dev.sluice.simulator.KvTransfer;
import java.util.Optional;

/**
 * What a request wants with other engines' KV.
 *
 * @param transfer the engine's part of it
 * @param source where its prompt's KV is, when that is elsewhere
 */
public record Wish(KvTransfer transfer, Optional<Source> source) {
    /** Nothing. */
    public static final Wish NONE = new Wish(KvTransfer.NONE, Optional.empty());

    static Wish keep(String key, long leaseNanos) {
        return new Wish(KvTransfer.keep(key, leaseNanos), Optional.empty());
    }

    static Wish defect(int tokens, KvTransfer.Defect defect) {
        var pull = new KvTransfer.Pull(tokens, Integer.MAX_VALUE, defect);
        return new Wish(new KvTransfer(Optional.empty(), Optional.of(pull), Optional.empty()), Optional.empty());
    }

    static Wish fetch(int tokens, int blocks, Source source) {
        return new Wish(KvTransfer.pull(tokens, blocks), Optional.of(source));
    }
}
