package dev.sluice.gateway;

import dev.sluice.core.Outcome;

/** What an engine's status says of it, where it comes by way of a proxy. */
final class EngineStatus {
    private EngineStatus() {}

    /**
     * The outcome of a refused request.
     *
     * @param type content type of the answer
     * @param upstream the proxy says that an engine answered; where it does not, plain text is the proxy's own: it could not
     *     reach the engine, or lost it
     */
    static Outcome outcome(int status, String type, boolean upstream) {
        boolean proxys = !upstream && type.startsWith("text/plain");
        return switch (status) {
            case 401, 403 -> Outcome.FAILED;
            case 429 -> Outcome.OVERLOADED;
            case 503 -> proxys ? Outcome.UNREACHABLE : Outcome.OVERLOADED;
            case 504 -> proxys ? Outcome.TIMED_OUT : Outcome.FAILED;
            case 408 -> Outcome.FAILED;
            default -> status < 500 ? Outcome.REJECTED : Outcome.FAILED;
        };
    }
}
