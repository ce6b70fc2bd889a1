package dev.sluice.gateway.handover;

import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.spi.Connector;
import java.util.List;

/**
 * Which requests may be split. A split is right only when both engines make the same blocks of the same prompt: a real decode
 * engine dies of a prompt that has more blocks than it was told of. So whatever may make a prompt come out differently, or makes
 * an engine compute it in another way, keeps a request in one piece.
 */
public final class Splittable {
    /** Members that keep a request in one piece, when they are neither null nor false. */
    private static final List<String> NEVER = List.of(
            // The prompt's length depends on other limits, which differ between the legs.
            "truncate_prompt_tokens",
            // Wants the prompt's own probabilities: all of it has to be computed where the answer is made.
            "prompt_logprobs",
            "echo",
            // Searches from one prompt with many sequences.
            "use_beam_search",
            // Runs on after the client has gone.
            "background",
            // Blocks are not found by tokens.
            "prompt_embeds");

    private Splittable() {}

    /** Whether a request may be split at all with a connector of these traits. */
    public static boolean is(BodyScan scan, Connector.Traits traits) {
        boolean route = switch (scan.api()) {
            case CHAT, COMPLETIONS, RESPONSES, MESSAGES, GENERATE -> true;
            default -> false;
        };
        if (!route || NEVER.stream().anyMatch(scan::asks)) {
            return false;
        }
        if (scan.api() == Api.RESPONSES && (scan.previousResponseId().isPresent() || scan.asks("truncation"))) {
            return false;
        }
        return !traits.once() || (scan.choices() == 1 && scan.prompts() == 1);
    }
}
