package dev.sluice.gateway.tokens;

import dev.sluice.core.scan.Api;

/**
 * A request whose prompt's tokens are wanted.
 *
 * @param api its route
 * @param body what the engine will be sent, whole
 * @param media true when it has images, audio or video in it
 */
public record PromptQuestion(Api api, byte[] body, boolean media) {
    /** Whether engines have a route that says what they make of such a body. */
    public boolean askable() {
        return !render().isEmpty();
    }

    /** The engine's own preparation of such a request: vLLM with {@code --enable-scale-out}, {@code vllm launch render}. */
    String render() {
        return switch (api) {
            case CHAT, COMPLETIONS, MESSAGES, RESPONSES -> api.path() + "/render";
            default -> "";
        };
    }

    /** Whether {@code /tokenize}, which every vLLM has, takes the same body; it does not take media. */
    boolean tokenizes() {
        return !media && (api == Api.CHAT || api == Api.COMPLETIONS);
    }
}
