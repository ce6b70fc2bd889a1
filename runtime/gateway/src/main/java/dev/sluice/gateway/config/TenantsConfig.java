package dev.sluice.gateway.config;

import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.nio.file.Path;
import java.util.Optional;

/** Who may use the gateway. */
public record TenantsConfig(
        @Doc("Requests without a key: `deny` is 401, `allow` makes them those of the tenant `anonymous`.")
        @Default("deny")
        Anonymous anonymous,

        @Doc("One file per tenant (`*.yaml`, `*.yml`), watched. Absent, missing or empty: nobody has a key.")
        Optional<Path> directory,

        @Doc("What cache salts are made with, the same on all replicas. Absent: random, so that engines find"
                + " nothing of what they cached for another replica, or before a restart.")
        Optional<SecretText> salt,

        @Doc("Mixed into all cache salts: another number makes all of them new.")
        @Default("1")
        @Range(min = 0, max = 1000000)
        int saltEpoch) {
    /** What becomes of requests without a key. */
    public enum Anonymous {
        /** They are let in. */
        ALLOW,
        /** They are refused. */
        DENY
    }

    /** The same with another directory. */
    TenantsConfig in(Path other) {
        return new TenantsConfig(anonymous, Optional.of(other), salt, saltEpoch);
    }

    /** Nobody but those who have a file there. */
    static TenantsConfig of(Path directory) {
        return new TenantsConfig(Anonymous.DENY, Optional.of(directory), Optional.empty(), 1);
    }
}
