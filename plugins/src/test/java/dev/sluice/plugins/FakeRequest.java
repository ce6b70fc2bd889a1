package dev.sluice.plugins;

import dev.sluice.spi.Request;
import java.util.Optional;

/** A request of which only the prompt's length matters. */
record FakeRequest(int promptTokens, int maxTokens, boolean splittable) implements Request {
    FakeRequest(int promptTokens) {
        this(promptTokens, 0, false);
    }

    @Override
    public String id() {
        return "r1";
    }

    @Override
    public String tenant() {
        return "anonymous";
    }

    @Override
    public String model() {
        return "chat";
    }

    @Override
    public String path() {
        return "/v1/chat/completions";
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.empty();
    }

    @Override
    public Optional<String> session() {
        return Optional.empty();
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public boolean streaming() {
        return true;
    }

    @Override
    public String promptText() {
        return "";
    }
}
