package dev.sluice.gateway.engine;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What an engine says that it serves.
 *
 * @param models names of its base model, its LoRA adapters included, in the engine's order
 * @param adapters those of them that are LoRA adapters
 * @param root path or name of the weights
 * @param maxModelLen longest sequence, tokens
 */
public record Served(List<String> models, List<String> adapters, Optional<String> root, OptionalInt maxModelLen) {
    /** Copies the lists. */
    public Served {
        models = List.copyOf(models);
        adapters = List.copyOf(adapters);
    }
}
