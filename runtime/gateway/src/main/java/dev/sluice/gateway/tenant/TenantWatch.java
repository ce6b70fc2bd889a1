package dev.sluice.gateway.tenant;

import dev.sluice.gateway.config.TenantDirectoryReader;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Watches a directory of tenant files. The system says when something changes in it, and every half second it is looked at in any
 * case: links that are swapped above it are not told, nor is anything on some mounted file systems.
 *
 * <p>A file counts when two looks in a row see the same: one that is just being written would else be taken for a shorter one, and
 * a tenant file without its last lines may allow more than the whole. A directory that can't be listed changes nothing: it is a
 * mount that failed, and nobody has been told to go.
 */
public final class TenantWatch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(TenantWatch.class.getName());
    private static final Duration AT_LATEST = Duration.ofMillis(500);
    private static final Duration SETTLING = Duration.ofMillis(15);
    /** A time stamp so young does not tell whether a second write has followed. */
    private static final long YOUNG_MS = 50;

    private final Path directory;
    private final Consumer<Map<Path, String>> changed;
    private final Thread thread;
    private Map<Path, Seen> seen;
    private boolean told;

    /** A file's content, and what its attributes were. */
    private record Seen(String stamp, long modified, String text) {}

    /**
     * Reads the directory and watches it from then on.
     *
     * @param changed told of all files; called once before this returns, and then on one thread, never twice at once
     */
    public TenantWatch(Path directory, Consumer<Map<Path, String>> changed) {
        this.directory = directory;
        this.changed = changed;
        Map<Path, Seen> first = look(Map.of());
        this.seen = first == null ? Map.of() : first;
        changed.accept(texts(seen));
        this.thread = Thread.ofVirtual().name("tenants").start(this::run);
    }

    private void run() {
        try (WatchService service = FileSystems.getDefault().newWatchService()) {
            @Nullable WatchKey key = null;
            while (true) {
                if (key == null || !key.isValid()) {
                    key = register(service);
                }
                WatchKey news = service.poll(AT_LATEST.toMillis(), TimeUnit.MILLISECONDS);
                if (news != null) {
                    news.pollEvents();
                    news.reset();
                }
                check();
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } catch (IOException broken) {
            LOG.log(System.Logger.Level.ERROR, "tenant files can't be watched", broken);
        }
    }

    private @Nullable WatchKey register(WatchService service) {
        try {
            return directory.register(
                    service,
                    StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_DELETE,
                    StandardWatchEventKinds.ENTRY_MODIFY);
        } catch (IOException notYet) {
            return null;
        }
    }

    private void check() throws InterruptedException {
        Map<Path, Seen> now = look(seen);
        if (now == null || texts(now).equals(texts(seen))) {
            seen = now == null ? seen : now;
            return;
        }
        while (true) {
            Thread.sleep(SETTLING);
            Map<Path, Seen> again = look(now);
            if (again == null) {
                return;
            }
            if (texts(again).equals(texts(now))) {
                seen = again;
                changed(again);
                return;
            }
            now = again;
        }
    }

    private void changed(Map<Path, Seen> files) {
        try {
            changed.accept(texts(files));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a change of tenant files could not be handled", e);
        }
    }

    private static Map<Path, String> texts(Map<Path, Seen> files) {
        Map<Path, String> texts = new HashMap<>();
        files.forEach((path, file) -> texts.put(path, file.text));
        return texts;
    }

    /** What is there; null when it can't be listed. */
    private @Nullable Map<Path, Seen> look(Map<Path, Seen> before) {
        Map<Path, Seen> now = new HashMap<>();
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path path : entries.filter(TenantDirectoryReader::isOne).toList()) {
                Seen file = file(path, before.get(path));
                if (file != null) {
                    now.put(path, file);
                }
            }
            told = false;
            return now;
        } catch (IOException | java.io.UncheckedIOException missing) {
            if (!told) {
                LOG.log(System.Logger.Level.WARNING, "{0} can''t be listed; tenants stay as they are", directory);
                told = true;
            }
            return null;
        }
    }

    private static @Nullable Seen file(Path path, @Nullable Seen before) {
        try {
            BasicFileAttributes a = Files.readAttributes(path, BasicFileAttributes.class);
            if (a.isDirectory()) {
                return null;
            }
            long modified = a.lastModifiedTime().toMillis();
            String stamp = a.fileKey() + " " + a.size() + " " + a.lastModifiedTime();
            boolean young = System.currentTimeMillis() - modified < YOUNG_MS;
            if (before != null && before.stamp.equals(stamp) && !young) {
                return before;
            }
            String text = a.size() > 4 << 20 ? "" : Files.readString(path);
            return before != null && before.text.equals(text)
                    ? new Seen(stamp, modified, before.text)
                    : new Seen(stamp, modified, text);
        } catch (IOException gone) {
            // One that is there and can't be read stays as it was: nobody has taken it away.
            return Files.exists(path) ? before : null;
        }
    }

    /** Ends watching. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
