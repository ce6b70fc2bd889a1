package dev.sluice.gateway;

import dev.sluice.gateway.stream.GatewayError;
import java.io.IOException;

/** A stream must end here, and that is not its engine's fault. */
final class CutShort extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient GatewayError error;

    CutShort(GatewayError error) {
        super(error.code());
        this.error = error;
    }

    /** What its client is told. */
    GatewayError error() {
        return error;
    }

    /** The same in words. */
    static String words(GatewayError error) {
        return switch (error) {
            case UPSTREAM_TIMEOUT -> "The engine stopped sending within the time limit.";
            case QUOTA_EXCEEDED -> "The tokens per minute are used up, so the answer ends here, before its end.";
            case EVICTED ->
                "The engine was needed for requests of higher priority, so the answer ends here, before its end.";
            default -> "The engine ended its answer too early.";
        };
    }
}
