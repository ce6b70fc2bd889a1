package dev.sluice.gateway.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Calls back when the content of files, or what a directory holds, changes, however it changes: written in place, renamed over, or by a symbolic link
 * somewhere above that now leads elsewhere, as Kubernetes does with {@code ..data}.
 *
 * <p>It polls. Watching directories misses links that are swapped above them and does not work on every file system that
 * is mounted into containers; a {@code stat} per file twice a second costs nothing. Content is read only when inode, size
 * or time differ, or when the time is so recent that another write could hide behind it. A change counts when two polls
 * in a row see the same new content, so that a file that is just being written is mostly not seen half. Mostly: whoever
 * is called back keeps what is in force when the new content has errors.
 */
public final class WatchedFiles implements AutoCloseable {
    /** How often to look when there is no reason for another value. */
    public static final Duration USUAL = Duration.ofMillis(500);

    private static final System.Logger LOG = System.getLogger(WatchedFiles.class.getName());
    private static final Duration RECENT = Duration.ofSeconds(2);

    private final Duration every;
    private final Runnable changed;
    private final Thread poller;
    private volatile Set<Path> files;
    /** What was reported last; owned by the poller once it runs. */
    private Map<Path, Seen> before = Map.of();

    private WatchedFiles(Set<Path> files, Duration every, Runnable changed) {
        this.files = Set.copyOf(files);
        this.every = every;
        this.changed = changed;
        this.poller = Thread.ofVirtual().name("watched-files").unstarted(this::poll);
    }

    /**
     * Begins to watch. What the files hold now is what changes are counted from.
     *
     * @param every time between two looks
     * @param changed called on one thread, never twice at once; an exception is logged and watching goes on
     */
    public static WatchedFiles start(Set<Path> files, Duration every, Runnable changed) {
        WatchedFiles watched = new WatchedFiles(files, every, changed);
        watched.before = watched.look(Map.of());
        watched.poller.start();
        return watched;
    }

    /** Watches these from now on. A file that was not watched before does not count as changed. */
    public void watch(Set<Path> newFiles) {
        files = Set.copyOf(newFiles);
    }

    /** Ends watching. No callback begins after this returns, unless it is called from one. */
    @Override
    public void close() {
        poller.interrupt();
        if (!Thread.currentThread().equals(poller)) {
            boolean interrupted = false;
            while (poller.isAlive()) {
                try {
                    poller.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void poll() {
        Map<Path, Seen> pending = before;
        try {
            while (true) {
                Thread.sleep(every);
                Map<Path, Seen> now = look(pending);
                boolean settled = contents(now).equals(contents(pending));
                pending = now;
                if (settled && differs(before, now)) {
                    before = now;
                    changed();
                } else if (settled) {
                    before = now;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void changed() {
        try {
            changed.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a change of watched files could not be handled", e);
        }
    }

    private static boolean differs(Map<Path, Seen> before, Map<Path, Seen> now) {
        return now.entrySet().stream().anyMatch(entry -> {
            Seen old = before.get(entry.getKey());
            return old != null && !old.content.equals(entry.getValue().content);
        });
    }

    private static Map<Path, String> contents(Map<Path, Seen> seen) {
        Map<Path, String> contents = new HashMap<>();
        seen.forEach((path, file) -> contents.put(path, file.content));
        return contents;
    }

    private Map<Path, Seen> look(Map<Path, Seen> last) {
        Map<Path, Seen> now = new HashMap<>();
        for (Path file : files) {
            now.put(file, Seen.of(file, last.getOrDefault(file, Seen.NOTHING)));
        }
        return now;
    }

    /** What a file looked like: cheap to compare, and the hash of its content. */
    private record Seen(String stat, String content) {
        private static final Seen NOTHING = new Seen("", "");

        static Seen of(Path file, Seen last) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                if (attributes.isDirectory()) {
                    return new Seen("", listing(file));
                }
                long age = System.currentTimeMillis()
                        - attributes.lastModifiedTime().toMillis();
                String stat = attributes.fileKey() + " " + attributes.size() + " " + attributes.lastModifiedTime();
                boolean same = stat.equals(last.stat) && age > RECENT.toMillis();
                return same ? last : new Seen(stat, hash(Files.readAllBytes(file)));
            } catch (IOException e) {
                return new Seen("", "unreadable");
            }
        }

        /** Names, sizes and times of what a directory holds, two levels deep: a plugin directory. */
        private static String listing(Path directory) throws IOException {
            StringBuilder text = new StringBuilder();
            try (Stream<Path> entries = Files.find(directory, 2, (path, a) -> true, FileVisitOption.FOLLOW_LINKS)) {
                for (Path path : entries.sorted().toList()) {
                    BasicFileAttributes a = Files.readAttributes(path, BasicFileAttributes.class);
                    text.append(path);
                    if (!a.isDirectory()) {
                        text.append(' ').append(a.fileKey()).append(' ').append(a.size());
                        text.append(' ').append(a.lastModifiedTime());
                    }
                    text.append('\n');
                }
            } catch (UncheckedIOException gone) {
                throw gone.getCause();
            }
            return text.toString();
        }

        private static String hash(byte[] content) {
            try {
                return HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(content));
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
        }
    }
}
