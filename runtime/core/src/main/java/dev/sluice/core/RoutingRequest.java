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
 * @param objectives what it should be served within, on demand
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
        Supplier<Objectives> objectives,
        boolean splittable)
        implements Request {
    /** A request without objectives, that is not split. */
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
                () -> Objectives.NONE,
                false);
    }

    /**
     * What a request should be served within.
     *
     * @param ttftMs time to first token, ms; NaN for none
     * @param tpotMs time per output token, ms; NaN for none
     */
    public record Objectives(double ttftMs, double tpotMs) {
        /** None. */
        public static final Objectives NONE = new Objectives(Double.NaN, Double.NaN);

        /** What can't be a time is none. */
        public Objectives {
            ttftMs = ttftMs > 0 && ttftMs < Double.POSITIVE_INFINITY ? ttftMs : Double.NaN;
            tpotMs = tpotMs > 0 && tpotMs < Double.POSITIVE_INFINITY ? tpotMs : Double.NaN;
        }
    }

    /** The same in a session. */
    public RoutingRequest in(String key) {
        return with(model, Optional.of(key), splittable, priority);
    }

    /** The same for another model. */
    public RoutingRequest named(String other) {
        return with(other, session, splittable, priority);
    }

    /** The same, whose prompt may be computed elsewhere. */
    public RoutingRequest split() {
        return with(model, session, true, priority);
    }

    /** The same, not to be split. */
    public RoutingRequest whole() {
        return with(model, session, false, priority);
    }

    /** The same with another priority. */
    public RoutingRequest prioritised(int its) {
        return with(model, session, splittable, its);
    }

    private RoutingRequest with(String itsModel, Optional<String> itsSession, boolean itsSplittable, int itsPriority) {
        return new RoutingRequest(
                id,
                tenant,
                itsModel,
                path,
                headers,
                itsSession,
                itsPriority,
                promptTokens,
                maxTokens,
                outputTokens,
                tokensPerBlock,
                streaming,
                text,
                objectives,
                itsSplittable);
    }

    @Override
    public double ttftObjectiveMs() {
        return objectives.get().ttftMs();
    }

    @Override
    public double tpotObjectiveMs() {
        return objectives.get().tpotMs();
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
