package dev.sluice.simulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** One request and its answer, as they went over the wire to and from a real vLLM 0.32.0. */
record Capture(String name, byte[] request, RawClient.Response response) {
    static Capture of(String name) {
        return new Capture(
                name, read(name + ".request.http"), RawClient.parse(read(name + ".response.http"), RawClient.End.EOF));
    }

    /** All of a folder, in order of their names. */
    static List<Capture> all(String folder) {
        try (var files = Files.list(path(folder))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".request.http"))
                    .sorted()
                    .map(file -> of(folder + "/" + file.replace(".request.http", "")))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String text(String file) {
        return new String(read(file), StandardCharsets.UTF_8);
    }

    /** The same request with something in its body replaced, and its length set right. */
    Capture with(String from, String to) {
        var text = new String(request, StandardCharsets.UTF_8).replace(from, to);
        var split = text.indexOf("\r\n\r\n") + 4;
        var length = text.substring(split).getBytes(StandardCharsets.UTF_8).length;
        var head = text.substring(0, split).replaceAll("(?i)content-length: \\d+", "Content-Length: " + length);
        return new Capture(name, (head + text.substring(split)).getBytes(StandardCharsets.UTF_8), response);
    }

    private static byte[] read(String file) {
        try {
            return Files.readAllBytes(path(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path path(String file) {
        try {
            return Path.of(Objects.requireNonNull(Capture.class.getResource("/vllm/" + file), file)
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
