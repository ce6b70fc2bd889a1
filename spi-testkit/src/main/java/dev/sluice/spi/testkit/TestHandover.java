package dev.sluice.spi.testkit;

import dev.sluice.spi.Answer;
import dev.sluice.spi.Edit;
import dev.sluice.spi.Endpoint;
import dev.sluice.spi.Handover;
import dev.sluice.spi.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An attempt to compute a prompt on one engine and to generate on another.
 *
 * @param members of the client's body, by name
 */
public record TestHandover(
        String id,
        String path,
        Endpoint prefill,
        Endpoint decode,
        Optional<Endpoint> source,
        Set<String> members,
        boolean streaming,
        int choices,
        Optional<Answer> known,
        long random)
        implements Handover {
    private static final String GENERATE = "/inference/v1/generate";

    /** A chat that is streamed, with about everything that a client may say. */
    public static final TestHandover CHAT = new TestHandover(
            "slc-0001",
            "/v1/chat/completions",
            new Endpoint("p", "10.0.0.1:8000", Role.PREFILL, Map.of()),
            new Endpoint("d", "10.0.0.2:8000", Role.DECODE, Map.of()),
            Optional.empty(),
            Set.of(
                    "model",
                    "messages",
                    "max_tokens",
                    "max_completion_tokens",
                    "min_tokens",
                    "temperature",
                    "top_p",
                    "seed",
                    "stop",
                    "n",
                    "logprobs",
                    "tools",
                    "response_format",
                    "stream",
                    "stream_options",
                    "user",
                    "cache_salt",
                    "vendor_field"),
            true,
            1,
            Optional.empty(),
            4711);

    /** Copies the names. */
    public TestHandover {
        members = Set.copyOf(members);
    }

    @Override
    public boolean has(String name) {
        return members.contains(name);
    }

    @Override
    public List<Edit> oneToken() {
        List<Edit> edits = new ArrayList<>();
        edits.add(Edit.set("stream", "false"));
        edits.add(Edit.remove("stream_options"));
        if (path.equals(GENERATE)) {
            List<String> sampling = List.of("sampling_params");
            edits.add(new Edit(sampling, "max_tokens", Optional.of("1")));
            edits.add(new Edit(sampling, "min_tokens", Optional.empty()));
        } else {
            edits.add(Edit.set("max_tokens", "1"));
            if (has("max_completion_tokens")) {
                edits.add(Edit.set("max_completion_tokens", "1"));
            }
            edits.add(Edit.remove("min_tokens"));
            edits.add(Edit.remove("n"));
        }
        return edits;
    }

    @Override
    public List<Edit> transferParams(String json) {
        Edit top = Edit.set(ConnectorContract.PARAMS, json);
        return path.equals(GENERATE)
                ? List.of(
                        top,
                        new Edit(List.of("sampling_params", "extra_args"), ConnectorContract.PARAMS, Optional.of(json)))
                : List.of(top);
    }

    /** Another attempt of the same request. */
    public TestHandover again(String otherId, long number) {
        return new TestHandover(otherId, path, prefill, decode, source, members, streaming, choices, known, number);
    }

    /** The same on another route, with these members. */
    public TestHandover on(String route, Set<String> names) {
        return new TestHandover(id, route, prefill, decode, source, names, streaming, choices, known, random);
    }

    /** The same, of which a third endpoint holds a beginning. */
    public TestHandover from(Endpoint holder) {
        return new TestHandover(
                id, path, prefill, decode, Optional.of(holder), members, streaming, choices, known, random);
    }

    /** The same between other endpoints. */
    public TestHandover between(Endpoint computes, Endpoint generates) {
        return new TestHandover(id, path, computes, generates, source, members, streaming, choices, known, random);
    }

    /** The same where this is remembered of the prefill engine. */
    public TestHandover knowing(Optional<? extends Answer> answer) {
        return new TestHandover(
                id, path, prefill, decode, source, members, streaming, choices, answer.map(a -> a), random);
    }
}
