package dev.sluice.spi;

import java.util.Locale;
import java.util.Optional;

/** What an endpoint does for a request. The same value as label {@code llm-d.ai/role}. */
public enum Role {
    /** Computes prompts only. */
    PREFILL,
    /** Generates tokens; computes prompts too when it must. */
    DECODE,
    /** Encodes images and audio. */
    ENCODE,
    /** Prefill and decode on one server. */
    BOTH;

    /** Label that carries the role. */
    public static final String LABEL = "llm-d.ai/role";

    /** The role by its name in configurations; llm-d's {@code prefill-decode} is {@link #BOTH}. */
    public static Optional<Role> of(String name) {
        return switch (name) {
            case "prefill", "encode-prefill" -> Optional.of(PREFILL);
            case "decode" -> Optional.of(DECODE);
            case "encode" -> Optional.of(ENCODE);
            case "both", "prefill-decode", "encode-prefill-decode" -> Optional.of(BOTH);
            default -> Optional.empty();
        };
    }

    /** The name in configurations and labels. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
