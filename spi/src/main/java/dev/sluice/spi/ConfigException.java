package dev.sluice.spi;

/** A configuration that a factory can't accept. The message is shown to the operator with file, line and path. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Says what is wrong, which values are allowed. */
    public ConfigException(String message) {
        super(message);
    }
}
