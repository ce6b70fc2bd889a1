package dev.sluice.gateway.engine;

/** A call that brought no usable answer; the message is for operators. */
public final class EngineCallException extends Exception {
    private static final long serialVersionUID = 1L;
    private final boolean late;

    EngineCallException(String message, boolean late, Throwable cause) {
        super(message, cause);
        this.late = late;
    }

    /** Whether the engine had begun to answer or had its time: then the connection was not just stale. */
    boolean late() {
        return late;
    }
}
