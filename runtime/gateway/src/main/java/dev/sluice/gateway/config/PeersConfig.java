package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Default;
import dev.sluice.spi.Doc;
import dev.sluice.spi.Range;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Other replicas of this gateway, and what it shares with them. */
public record PeersConfig(
        @Doc("Address that the others reach this one at. Absent: the first of the machine that is not the loopback.")
        Optional<String> host,

        @Doc("Port for it; TCP only.") @Default("7800") @Range(min = 0, max = 65535)
        int port,

        @Doc("Text of at least 16 characters that all replicas have, and nobody else. Absent: nothing is shared.")
        Optional<SecretText> key,

        @Doc(
                "Where replicas may be, this one included: `HOST` or `HOST:PORT`. A name stands for all of its addresses, as that of a"
                        + " headless Service, and is asked for again and again.")
        List<String> members,

        @Doc("Or: the pods that replicas are.") Optional<Pods> pods,

        @Doc("How often each says what it has in flight.") @Default("250ms") @Range(min = 0.05, max = 1)
        Duration every) {
    private static final int LEAST_KEY = 16;

    /** Refuses what could not work. */
    public PeersConfig {
        if (key.isPresent() && key.get().value().length() < LEAST_KEY) {
            throw new ConfigException("key must have at least " + LEAST_KEY + " characters");
        }
        for (String member : members) {
            if (!member.matches("(\\[[0-9a-fA-F:]+]|[A-Za-z0-9]([A-Za-z0-9._-]{0,252}))(:[0-9]{1,5})?")) {
                throw new ConfigException("members must be HOST or HOST:PORT, one is \"" + member + "\"");
            }
        }
        if (members.isEmpty() == pods.isEmpty()) {
            throw new ConfigException("expected one of members, pods");
        }
    }

    /** Pods. */
    public record Pods(
            @Doc("Their namespace.") String namespace,

            @Doc("Their labels, such as `serving.knative.dev/service=sluice`.")
            String selector) {
        /** Refuses what is no name and no selector. */
        public Pods {
            Discovery.checkName("namespace", namespace);
            Discovery.checkSelector(selector);
        }
    }
}
