package dev.sluice.gateway.handover;

import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.Field;
import dev.sluice.spi.Edit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes a request into one that computes the prompt and generates one token (vllm-protocols.md 2.2.2). Limits become 1 and
 * {@code stream} false. What would contradict that is taken out: {@code min_tokens}, {@code stream_options}, and {@code n},
 * because an engine hands over the KV of one sequence only and keeps the others' pinned until their lease ends.
 */
final class OneToken {
    private static final List<String> SAMPLING = List.of("sampling_params");

    private OneToken() {}

    static List<Edit> edits(BodyScan scan) {
        List<Edit> edits = new ArrayList<>(8);
        edits.add(Edit.set("stream", "false"));
        edits.add(Edit.remove("stream_options"));
        switch (scan.api()) {
            case RESPONSES -> {
                edits.add(Edit.set("max_output_tokens", "1"));
                // The answer that may be referred to later is that of the other leg.
                edits.add(Edit.set("store", "false"));
            }
            case GENERATE -> {
                edits.add(new Edit(SAMPLING, "max_tokens", Optional.of("1")));
                edits.add(new Edit(SAMPLING, "min_tokens", Optional.empty()));
                edits.add(new Edit(SAMPLING, "n", Optional.empty()));
            }
            default -> {
                edits.add(Edit.set("max_tokens", "1"));
                if (scan.has(Field.MAX_COMPLETION_TOKENS)) {
                    edits.add(Edit.set("max_completion_tokens", "1"));
                }
                edits.add(Edit.remove("min_tokens"));
                edits.add(Edit.remove("min_completion_tokens"));
                edits.add(Edit.remove("n"));
                edits.add(Edit.remove("best_of"));
            }
        }
        return edits;
    }

    /**
     * Where engines read transfer parameters: at the top of the body. Some versions read those of {@code /inference/v1/generate}
     * from {@code sampling_params.extra_args} alone, so they stand in both places there.
     */
    static List<Edit> transferParams(Api api, String json) {
        Edit top = Edit.set("kv_transfer_params", json);
        return api == Api.GENERATE
                ? List.of(
                        top,
                        new Edit(List.of("sampling_params", "extra_args"), "kv_transfer_params", Optional.of(json)))
                : List.of(top);
    }
}
