package dev.sluice.simulator.transfer;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How an engine shares KV with others. */
public enum ConnectorKind {
    /** Not at all. */
    NONE,
    /** NIXL, pull: the decode side reads what the prefill side's answer named. */
    NIXL,
    /** NIXL, push: both legs at once, matched by {@code transfer_id}. */
    NIXL_PUSH,
    /** Files that all engines see, as vLLM's ExampleConnector: a whole prompt or nothing, cache salts ignored. */
    SHARED_STORAGE,
    /** LMCache with a storage that all engines see: leading chunks of 256 tokens. */
    LMCACHE,
    /** The offloading connector's P2P tier: both legs at once, or a cached prefix from any peer. */
    OFFLOADING,
    /** Mooncake: both legs at once, found by the prefill side's bootstrap server. */
    MOONCAKE,
    /** SGLang's bootstrap: both legs at once, met in a room. */
    SGLANG;

    /** As options and answers call it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The kind of this word.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static ConnectorKind of(String word) {
        for (var kind : values()) {
            if (kind.word().equals(word)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("connector is one of "
                + Arrays.stream(values()).map(ConnectorKind::word).collect(Collectors.joining(", ")) + ", not " + word);
    }

    /** Whether its engines talk to each other, and not to a storage. */
    boolean hasPeers() {
        return this != NONE && this != SHARED_STORAGE && this != LMCACHE;
    }

    /** How long blocks are kept for somebody to fetch them: vLLM's defaults, and SGLang's bootstrap timeout. */
    double defaultLeaseSeconds() {
        return switch (this) {
            case NIXL -> 30;
            case SGLANG -> 300;
            default -> 480;
        };
    }
}
