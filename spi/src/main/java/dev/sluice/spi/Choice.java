package dev.sluice.spi;

import java.util.Optional;

/** Where one attempt of a request goes. Lent for the call. */
public interface Choice {
    /** 1 for the first attempt at this request, 2 for the next. */
    int attempt();

    /** Who serves the client. */
    Endpoint endpoint();

    /** The endpoint that a profile picked; empty when it did not run. */
    Optional<Endpoint> picked(String profile);

    /** When it was chosen: nanoseconds of a clock that never goes back and has no meaning beyond this process. */
    long at();

    /** Prompt tokens that the endpoint was predicted to hold. */
    int cachedTokens();
}
