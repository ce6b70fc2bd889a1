package dev.sluice.app;

import dev.sluice.gateway.Gateway;
import dev.sluice.gateway.config.Loaded;
import dev.sluice.gateway.config.WatchedFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

/** Puts changed files into force: all of a good configuration, nothing of a bad one. */
final class Reloads implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Reloads.class.getName());

    private final Gateway gateway;
    private final Supplier<Loaded> load;
    private final Set<Path> good;
    private final WatchedFiles watched;

    /** @param first what the configuration in force was read from */
    Reloads(Gateway gateway, Supplier<Loaded> load, Set<Path> first, Duration every) {
        this.gateway = gateway;
        this.load = load;
        this.good = new HashSet<>(first);
        this.watched = WatchedFiles.start(first, every, this::changed);
    }

    private void changed() {
        Loaded loaded = load.get();
        if (loaded.config().isEmpty()) {
            refused(loaded);
            return;
        }
        try {
            gateway.reload(loaded.config().get(), loaded.catalog());
            good.clear();
            good.addAll(loaded.files());
            watched.watch(loaded.files());
        } catch (RuntimeException e) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "{0}: not taken over, the last good configuration stays: {1}",
                    loaded.file(),
                    e.getMessage());
            watchAlso(loaded);
        }
    }

    private void refused(Loaded loaded) {
        gateway.reloadFailed();
        loaded.errors().forEach(error -> LOG.log(System.Logger.Level.ERROR, "{0}", error));
        LOG.log(
                System.Logger.Level.ERROR,
                "{0}: {1} errors, the last good configuration stays",
                loaded.file(),
                loaded.errors().size());
        watchAlso(loaded);
    }

    /** A bad file may name new ones: whichever is mended, it is looked at again. */
    private void watchAlso(Loaded loaded) {
        Set<Path> both = new HashSet<>(good);
        both.addAll(loaded.files());
        watched.watch(both);
    }

    @Override
    public void close() {
        watched.close();
    }
}
