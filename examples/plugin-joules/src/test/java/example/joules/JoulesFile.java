package example.joules;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A file of readings for endpoints e0, e1, … */
final class JoulesFile {
    private JoulesFile() {}

    static JoulesConfig config() {
        String text = IntStream.range(0, 1000)
                .filter(i -> i % 7 != 3)
                .mapToObj(i -> "e" + i + " " + (1 + i % 5) + "\n")
                .collect(Collectors.joining());
        return config(text);
    }

    static JoulesConfig config(String text) {
        try {
            Path file = Files.createTempFile("joules", ".txt");
            file.toFile().deleteOnExit();
            Files.writeString(file, text);
            return new JoulesConfig(file, Duration.ofSeconds(1), Duration.ofMinutes(10));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void rewrite(Path file, String text) throws IOException {
        FileTime before = Files.getLastModifiedTime(file);
        Files.writeString(file, text);
        Files.setLastModifiedTime(file, FileTime.fromMillis(before.toMillis() + 1000));
    }
}
