package dev.sluice.gateway.tenant;

import dev.sluice.gateway.config.TenantFile;
import java.util.List;
import java.util.Optional;

/**
 * How a tenant file stands.
 *
 * @param tenant as far as it is known
 * @param file as it is now
 * @param good what is in force of it; empty when it never was good
 */
public record Standings(String tenant, TenantFile file, Optional<TenantFile> good) {
    /** In words. */
    public String state() {
        if (file.config().isPresent()) {
            return "in force";
        }
        return good.isPresent() ? "last good: the file is broken" : "refused: the file is broken";
    }

    /** What is wrong with the file. */
    public List<String> errors() {
        return file.errors().stream().map(Object::toString).toList();
    }
}
