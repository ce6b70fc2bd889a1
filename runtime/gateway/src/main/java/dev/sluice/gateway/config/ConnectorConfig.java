package dev.sluice.gateway.config;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Connector;
import dev.sluice.spi.Part;
import dev.sluice.spi.PluginContext;
import java.util.Optional;

/**
 * How KV moves between the engines of a pool.
 *
 * @param maker the factory with its parameters, bound and checked; empty when KV does not move
 */
public record ConnectorConfig(Optional<RoutingConfig.Maker<?>> maker) {
    /** KV does not move. */
    public static final ConnectorConfig NONE = new ConnectorConfig(Optional.empty());

    /** Its type; {@code none} for none. */
    public String type() {
        return maker.map(m -> m.factory().type()).orElse("none");
    }

    /**
     * Makes the connector; only when there is one.
     *
     * @throws ConfigException when the factory does not accept the parameters, or makes something else
     */
    public Connector create(PluginContext context) {
        Part part = maker.orElseThrow().create(context);
        if (part instanceof Connector connector) {
            return connector;
        }
        part.close();
        throw new ConfigException(type() + " is a plugin type, but no connector");
    }
}
