package dev.sluice.gateway.tenant;

import dev.sluice.gateway.config.TenantFile;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How a tenant file stands.
 *
 * @param tenant as far as it is known
 * @param file as it is now
 * @param good what is in force of it; empty when it never was good
 */
public record Standings(String tenant, TenantFile file, Optional<TenantFile> good) {
    /** What is in force of the file: it itself, what it was when it was good last, or nothing. */
    public enum State {
        IN_FORCE,
        LAST_GOOD,
        REFUSED;

        /** The value of label {@code state}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What is in force of it. */
    public State standing() {
        if (file.config().isPresent()) {
            return State.IN_FORCE;
        }
        return good.isPresent() ? State.LAST_GOOD : State.REFUSED;
    }

    /** In words. */
    public String state() {
        return switch (standing()) {
            case IN_FORCE -> "in force";
            case LAST_GOOD -> "last good: the file is broken";
            case REFUSED -> "refused: the file is broken";
        };
    }

    /** What is wrong with the file. */
    public List<String> errors() {
        return file.errors().stream().map(Object::toString).toList();
    }
}
