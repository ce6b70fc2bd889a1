package dev.sluice.app.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** The launcher that started this process, by which Sluice is started as its users start it. */
final class Launcher {
    /** Set by the launcher to its own path. */
    private static final String PROPERTY = "sluice.launcher";

    private static final Duration TRAINING_LIMIT = Duration.ofMinutes(3);

    private final Path file;
    private final Path jar;
    private final Path jars;

    private Launcher(Path file, Path jar) {
        this.file = file;
        this.jar = jar;
        this.jars = Objects.requireNonNull(jar.getParent());
    }

    static Launcher find() throws IOException {
        String named = System.getProperty(PROPERTY, "");
        if (named.isEmpty() || !Files.isExecutable(Path.of(named))) {
            throw new IOException("starts Sluice by its launcher: run ./sluice bench");
        }
        try {
            Path jar = Path.of(Launcher.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return new Launcher(Path.of(named), jar);
        } catch (URISyntaxException e) {
            throw new IOException("no jar to be started", e);
        }
    }

    Path file() {
        return file;
    }

    /** Waits while the launcher makes its AOT cache in the background. True when there is one. */
    boolean awaitCache(PrintWriter progress) throws IOException {
        Instant since = Instant.now().minus(TRAINING_LIMIT);
        Instant end = Instant.now().plus(TRAINING_LIMIT);
        boolean said = false;
        while (exists(".making", since) && Instant.now().isBefore(end)) {
            if (!said) {
                progress.println("waiting for the launcher to make its AOT cache");
                said = true;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
        // Caches of earlier builds lie beside it; the launcher takes none that is older than what it was made of.
        Instant built = modified(jar).isAfter(modified(file)) ? modified(jar) : modified(file);
        return exists(".aot", built);
    }

    private boolean exists(String ending, Instant since) throws IOException {
        try (Stream<Path> files = Files.list(jars)) {
            return files.anyMatch(file -> file.getFileName().toString().endsWith(ending)
                    && modified(file).isAfter(since));
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private static Instant modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            return Instant.MIN;
        }
    }

    /** The commit of the sources that the launcher builds from; empty without them. */
    String commit() {
        Path root = Objects.requireNonNull(file.getParent());
        if (!Files.exists(root.resolve(".git"))) {
            return "";
        }
        try {
            return Command.output("git", "-C", root.toString(), "describe", "--always", "--dirty", "--exclude=*");
        } catch (IOException e) {
            return "";
        }
    }
}
