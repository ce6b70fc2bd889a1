package dev.sluice.gateway.handover;

import dev.sluice.gateway.stream.JsonValues;
import dev.sluice.spi.Answer;
import java.util.List;
import java.util.Optional;

/** An engine's whole answer, as a connector reads it. Its bytes are its own. */
public record EngineAnswer(int status, JsonValues values) implements Answer {
    @Override
    public Optional<String> json(String... path) {
        return values.raw(path);
    }

    @Override
    public Optional<String> text(String... path) {
        return values.text(path);
    }

    @Override
    public List<String> names(String... path) {
        return values.names(path);
    }
}
