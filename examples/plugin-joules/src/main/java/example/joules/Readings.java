package example.joules;

import dev.sluice.spi.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * The newest readings of the file. One thread of its own looks at the file, so that a call of the scorer reads nothing but
 * a field: what is asked while a request waits must not wait for a disk.
 */
final class Readings implements AutoCloseable {
    private record Table(Map<String, Double> byEndpoint, Instant asOf) {}

    private final Path file;
    private final Duration every;
    private final Duration stale;
    private final Clock clock;
    private final System.Logger log;
    private final Thread watcher;
    private volatile Table table;
    private FileTime seen;

    Readings(JoulesConfig config, Clock clock, System.Logger log) {
        this.file = config.file();
        this.every = config.every();
        this.stale = config.stale();
        this.clock = clock;
        this.log = log;
        try {
            this.seen = Files.getLastModifiedTime(file);
            this.table = read();
        } catch (IOException | IllegalArgumentException wrong) {
            throw new ConfigException("file: " + file + " can't be read: " + wrong.getMessage());
        }
        this.watcher = Thread.ofPlatform().name("joules-" + file.getFileName()).daemon().start(this::watch);
    }

    /** Joules per token of an endpoint; NaN when there is no reading that is fresh enough. */
    double joules(String endpoint) {
        Table now = table;
        boolean old = Duration.between(now.asOf, clock.instant()).compareTo(stale) > 0;
        return old ? Double.NaN : now.byEndpoint.getOrDefault(endpoint, Double.NaN);
    }

    private void watch() {
        try {
            while (true) {
                Thread.sleep(every);
                look();
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes the file over when it has changed and is good; else what was read last stays until it is stale. */
    synchronized void look() {
        try {
            FileTime written = Files.getLastModifiedTime(file);
            if (!written.equals(seen)) {
                table = read();
                seen = written;
            }
        } catch (IOException | IllegalArgumentException wrong) {
            log.log(System.Logger.Level.WARNING, "{0}: the last good readings stay: {1}", file, wrong.getMessage());
        }
    }

    private Table read() throws IOException {
        Map<String, Double> byEndpoint = new HashMap<>();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            String bare = line.replaceAll("#.*", "").strip();
            if (bare.isEmpty()) {
                continue;
            }
            String[] words = bare.split("\\s+");
            double joules = words.length == 2 ? Double.parseDouble(words[1]) : Double.NaN;
            if (!(joules > 0) || Double.isInfinite(joules)) {
                throw new IllegalArgumentException("line " + number + ": expected an endpoint and a number above 0");
            }
            byEndpoint.put(words[0], joules);
        }
        return new Table(Map.copyOf(byEndpoint), clock.instant());
    }

    @Override
    public void close() {
        watcher.interrupt();
    }
}
