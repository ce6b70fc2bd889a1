package dev.sluice.plugins;

import dev.sluice.spi.PluginContext;
import dev.sluice.spi.Producer;
import java.util.Optional;

/**
 * Who publishes what a part reads. A part may name a producer; one that names none reads the default one, which goes by its
 * type's name, where the routing section has it, and else asks the gateway itself.
 */
final class Producers {
    private Producers() {}

    /**
     * The prefix of the attributes to read: the producer's name.
     *
     * @param named as configured; empty for none
     * @param type of the default producer
     * @return empty when the gateway's own numbers are meant
     * @throws dev.sluice.spi.ConfigException when there is no producer of that name
     */
    static Optional<String> prefix(String named, String type, PluginContext context) {
        if (named.isEmpty() || named.equals(type)) {
            return context.find(type, Producer.class).map(there -> type);
        }
        context.reference(named, Producer.class);
        return Optional.of(named);
    }
}
