package dev.sluice.gateway.plugin;

import dev.sluice.spi.ConfigException;
import dev.sluice.spi.Factory;
import dev.sluice.spi.Part;
import dev.sluice.spi.PluginContext;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * A plugin's factory, asked once for what it is. Creating happens on a thread of its own and may take so long at most;
 * whatever goes wrong is a {@link ConfigException}, so that a configuration is refused and the one in force stays.
 */
record LoadedFactory<C extends Record>(
        String plugin, String type, Class<C> config, Factory<C> own, ClassLoader loader, Duration limit)
        implements Factory<C> {
    static final Duration CREATE = Duration.ofSeconds(10);

    static <C extends Record> LoadedFactory<C> of(String plugin, Factory<C> own, ClassLoader loader) {
        return new LoadedFactory<>(plugin, own.type(), own.config(), own, loader, CREATE);
    }

    @Override
    public Part create(C config, PluginContext context) {
        try {
            Part part = Aside.call("plugin-" + plugin + "-create", loader, limit, () -> own.create(config, context));
            if (part == null) {
                throw new ConfigException(type + " made nothing");
            }
            return part;
        } catch (TimeoutException late) {
            throw new ConfigException(type + " was not created within " + limit.toMillis() + " ms");
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new ConfigException("creating " + type + " was interrupted");
        } catch (ExecutionException failed) {
            Throwable cause = failed.getCause() == null ? failed : failed.getCause();
            throw new ConfigException(
                    cause instanceof ConfigException
                            ? String.valueOf(cause.getMessage())
                            : type + " can't be created: " + Aside.words(cause));
        }
    }
}
