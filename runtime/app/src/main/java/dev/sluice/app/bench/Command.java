package dev.sluice.app.bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** Short-lived commands of the system. */
final class Command {
    private Command() {}

    /** Where a command is, on the path or among the system's. */
    static Optional<String> find(String name) {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return Arrays.stream((path + File.pathSeparator + "/usr/local/sbin" + File.pathSeparator + "/usr/sbin")
                        .split(File.pathSeparator, -1))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    /** Where a command is; one line about what to install when it is nowhere. */
    static String require(String name, String debianPackage) throws IOException {
        return find(name)
                .orElseThrow(() -> new IOException(
                        "needs " + name + ": install it (Debian: apt-get install " + debianPackage + ")"));
    }

    /** What a command printed, both streams, when it succeeded. */
    static String output(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + text);
            }
            return text;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
