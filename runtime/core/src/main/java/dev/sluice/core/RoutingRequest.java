package dev.sluice.core;

import dev.sluice.spi.Request;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A request as decisions see it.
 *
 * @param headers looks a header up by its lower-case name
 * @param promptTokens estimated or exact, at least 1
 * @param outputTokens expected output tokens
 * @param tokensPerBlock prompt tokens that one block of the prefix index stands for, in this request
 * @param text makes the prompt's text, on demand
 * @param splittable whether its prompt may be computed on another endpoint than the one that generates
 */
public record RoutingRequest(
        String id,
        String tenant,
        String model,
        String path,
        Function<String, Optional<String>> headers,
        Optional<String> session,
        int priority,
        int promptTokens,
        int maxTokens,
        int outputTokens,
        double tokensPerBlock,
        boolean streaming,
        Supplier<String> text,
        boolean splittable)
        implements Request {
    /** One that is not split. */
    public RoutingRequest(
            String id,
            String tenant,
            String model,
            String path,
            Function<String, Optional<String>> headers,
            Optional<String> session,
            int priority,
            int promptTokens,
            int maxTokens,
            int outputTokens,
            double tokensPerBlock,
            boolean streaming,
            Supplier<String> text) {
        this(
                id,
                tenant,
                model,
                path,
                headers,
                session,
                priority,
                promptTokens,
                maxTokens,
                outputTokens,
                tokensPerBlock,
                streaming,
                text,
                false);
    }

    /** The same, not to be split. */
    public RoutingRequest whole() {
        return new RoutingRequest(
                id,
                tenant,
                model,
                path,
                headers,
                session,
                priority,
                promptTokens,
                maxTokens,
                outputTokens,
                tokensPerBlock,
                streaming,
                text);
    }

    @Override
    public Optional<String> header(String name) {
        return headers.apply(name);
    }

    @Override
    public String promptText() {
        return text.get();
    }
}
