package dev.sluice.gateway.extproc;

import java.util.Optional;
import java.util.Set;

/** Who decides: what the gateway is to this package. */
@FunctionalInterface
public interface Picking {
    /**
     * A request has begun.
     *
     * @param head as its client sent it
     * @param subset addresses that the proxy allows; empty for all
     * @param answers how the answer's body will come, as far as the proxy has said
     * @throws Immediately when it is refused, or answered, at once
     */
    Conversation begin(Head head, Optional<Set<String>> subset, Answers answers) throws Immediately;

    /** How a proxy is set to send the bodies of answers. */
    enum Answers {
        /** Not at all. */
        NONE,
        /** In pieces, or whole; each is answered for itself, and what goes on may differ from what came. */
        PIECES,
        /** In pieces; what goes on is sent when it is ready. */
        STREAM
    }
}
