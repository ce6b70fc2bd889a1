package dev.sluice.spi.testkit;

import dev.sluice.spi.Request;
import java.util.Map;
import java.util.Optional;

/**
 * A request.
 *
 * @param headers by lower-case name
 * @param ttftObjectiveMs NaN for none
 * @param tpotObjectiveMs NaN for none
 */
public record TestRequest(
        String id,
        String tenant,
        String model,
        String path,
        Map<String, String> headers,
        Optional<String> session,
        int priority,
        int promptTokens,
        int maxTokens,
        boolean streaming,
        String promptText,
        double ttftObjectiveMs,
        double tpotObjectiveMs)
        implements Request {
    /** An ordinary one: 1,000 prompt tokens for the model {@code chat}, no headers, no session. */
    public static final TestRequest PLAIN = new TestRequest(
            "r-1",
            "anonymous",
            "chat",
            "/v1/chat/completions",
            Map.of(),
            Optional.empty(),
            0,
            1000,
            0,
            true,
            "Once upon a time");

    /** One without objectives. */
    public TestRequest(
            String id,
            String tenant,
            String model,
            String path,
            Map<String, String> headers,
            Optional<String> session,
            int priority,
            int promptTokens,
            int maxTokens,
            boolean streaming,
            String promptText) {
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
                streaming,
                promptText,
                Double.NaN,
                Double.NaN);
    }

    /** Copies the headers. */
    public TestRequest {
        headers = Map.copyOf(headers);
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** The same with a header, and without what it had of that name. */
    public TestRequest withHeader(String name, String value) {
        Map<String, String> more = new java.util.TreeMap<>(headers);
        more.put(name, value);
        return new TestRequest(
                id,
                tenant,
                model,
                path,
                more,
                session,
                priority,
                promptTokens,
                maxTokens,
                streaming,
                promptText,
                ttftObjectiveMs,
                tpotObjectiveMs);
    }

    /** The same in a session. */
    public TestRequest withSession(String key) {
        return with(Optional.of(key), priority, promptTokens, ttftObjectiveMs, tpotObjectiveMs);
    }

    /** The same with a prompt of another length. */
    public TestRequest withPromptTokens(int tokens) {
        return with(session, priority, tokens, ttftObjectiveMs, tpotObjectiveMs);
    }

    /** The same with another priority. */
    public TestRequest withPriority(int other) {
        return with(session, other, promptTokens, ttftObjectiveMs, tpotObjectiveMs);
    }

    /** The same with objectives, ms; NaN for none. */
    public TestRequest withObjectives(double ttft, double tpot) {
        return with(session, priority, promptTokens, ttft, tpot);
    }

    private TestRequest with(Optional<String> key, int rank, int tokens, double ttft, double tpot) {
        return new TestRequest(
                id, tenant, model, path, headers, key, rank, tokens, maxTokens, streaming, promptText, ttft, tpot);
    }
}
