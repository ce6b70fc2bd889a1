package dev.sluice.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedFilesTest {
    private static final Duration OFTEN = Duration.ofMillis(5);

    @TempDir
    Path directory;

    private final Semaphore changes = new Semaphore(0);

    @Test
    void aWriteInPlaceIsSeen() throws Exception {
        Path file = Files.writeString(directory.resolve("f"), "one");
        try (WatchedFiles _ = WatchedFiles.start(Set.of(file), OFTEN, changes::release)) {
            Files.writeString(file, "two");
            assertThat(oneChange()).isTrue();
        }
    }

    @Test
    void aRenameOverTheFileIsSeen() throws Exception {
        Path file = Files.writeString(directory.resolve("f"), "one");
        try (WatchedFiles _ = WatchedFiles.start(Set.of(file), OFTEN, changes::release)) {
            Path next = Files.writeString(directory.resolve("g"), "two");
            Files.setLastModifiedTime(next, Files.getLastModifiedTime(file));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            assertThat(oneChange()).isTrue();
        }
    }

    @Test
    void aSwapOfTheLinkThatKubernetesKeepsAboveTheFileIsSeen() throws Exception {
        Files.writeString(Files.createDirectory(directory.resolve("..v1")).resolve("f"), "one");
        Files.writeString(Files.createDirectory(directory.resolve("..v2")).resolve("f"), "two");
        Files.createSymbolicLink(directory.resolve("..data"), Path.of("..v1"));
        Path file = Files.createSymbolicLink(directory.resolve("f"), Path.of("..data/f"));
        try (WatchedFiles _ = WatchedFiles.start(Set.of(file), OFTEN, changes::release)) {
            Path next = Files.createSymbolicLink(directory.resolve("..data_tmp"), Path.of("..v2"));
            Files.move(next, directory.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
            assertThat(oneChange()).isTrue();
        }
    }

    @Test
    void theSameContentAgainIsNoChange() throws Exception {
        Path file = Files.writeString(directory.resolve("f"), "one");
        Path marker = Files.writeString(directory.resolve("marker"), "one");
        try (WatchedFiles _ = WatchedFiles.start(Set.of(file, marker), OFTEN, changes::release)) {
            Files.writeString(file, "one");
            Files.writeString(marker, "two");
            assertThat(oneChange()).isTrue();
        }
        assertThat(changes.availablePermits()).isZero();
    }

    @Test
    void aFileThatGoesAndComesBackIsSeenBothTimes() throws Exception {
        Path file = Files.writeString(directory.resolve("f"), "one");
        try (WatchedFiles _ = WatchedFiles.start(Set.of(file), OFTEN, changes::release)) {
            Files.delete(file);
            assertThat(oneChange()).isTrue();
            Files.writeString(file, "one");
            assertThat(oneChange()).isTrue();
        }
    }

    @Test
    void watchingGoesOnAfterACallbackThatFails() throws Exception {
        Path file = Files.writeString(directory.resolve("f"), "one");
        Runnable failing = () -> {
            changes.release();
            throw new IllegalStateException("meant");
        };
        try (WatchedFiles _ = WatchedFiles.start(Set.of(file), OFTEN, failing)) {
            Files.writeString(file, "two");
            assertThat(oneChange()).isTrue();
            Files.writeString(file, "three");
            assertThat(oneChange()).isTrue();
        }
    }

    @Test
    void filesThatAreAddedAreWatchedFromThenOn() throws Exception {
        Path file = Files.writeString(directory.resolve("f"), "one");
        Path added = Files.writeString(directory.resolve("g"), "one");
        try (WatchedFiles watched = WatchedFiles.start(Set.of(file), OFTEN, changes::release)) {
            watched.watch(Set.of(added));
            int writes = 0;
            while (!changes.tryAcquire(50, TimeUnit.MILLISECONDS)) {
                assertThat(writes).isLessThan(200);
                Files.writeString(added, "write " + writes++);
            }
        }
    }

    private boolean oneChange() throws InterruptedException {
        return changes.tryAcquire(10, TimeUnit.SECONDS);
    }
}
