package dev.sluice.app.drill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The clock of one process, that can be set while it runs, without a right and without a change for anybody else:
 * <a href="https://github.com/wolfcw/libfaketime">libfaketime</a> stands between it and the C library. As on a machine whose clock is set,
 * only the time of day jumps; {@link System#nanoTime} goes on.
 *
 * @param library libfaketime's shared object, the one for programs with threads
 */
record FalseClock(Path library) {
    private static final String FILE = "clock";
    private static final String NAME = "faketime/libfaketimeMT.so.1";
    private static final List<Path> PLACES =
            List.of(Path.of("/usr/lib"), Path.of("/usr/lib64"), Path.of("/usr/local/lib"));

    /** The one of this machine, where its package puts it; empty when it is not installed. */
    static Optional<FalseClock> installed() {
        return in(PLACES);
    }

    /** The first that stands in one of these directories, or in one that lies in one of them. */
    static Optional<FalseClock> in(List<Path> places) {
        return places.stream()
                .flatMap(place -> Stream.concat(Stream.of(place), entries(place).stream()))
                .map(directory -> directory.resolve(NAME))
                .filter(Files::isRegularFile)
                .findFirst()
                .map(FalseClock::new);
    }

    /** What lies in a place; nothing of one that can't be listed. */
    private static List<Path> entries(Path place) {
        try (Stream<Path> entries = Files.list(place)) {
            return entries.toList();
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    /** What a process needs in its environment, so that {@link #set} moves its clock. */
    Map<String, String> environment(Path directory) throws IOException {
        set(directory, Duration.ZERO);
        return Map.of(
                "LD_PRELOAD", library.toString(),
                "FAKETIME_TIMESTAMP_FILE", directory.resolve(FILE).toString(),
                "FAKETIME_CACHE_DURATION", "1",
                "FAKETIME_DONT_FAKE_MONOTONIC", "1",
                "NO_FAKE_STAT", "1");
    }

    /** From a second later at the latest, the clock of the process with this directory is wrong by so much, forwards or backwards. */
    static void set(Path directory, Duration by) throws IOException {
        Fleet.replace(directory.resolve(FILE), (by.isNegative() ? "" : "+") + by.toSeconds() + "\n");
    }
}
