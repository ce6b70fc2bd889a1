package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that has said on which port it is.
 *
 * @param said what it has logged, also after it was ready
 * @param admin its admin port
 */
record Running(Process process, List<String> said, int port, int admin) implements AutoCloseable {
    static Running start(String ready, String... arguments) throws IOException, InterruptedException {
        return start(List.of(), ready, arguments);
    }

    /** The same with options of the JVM. */
    static Running start(List<String> options, String ready, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.sluice.app.Main"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).start();
        List<String> said = new CopyOnWriteArrayList<>();
        BufferedReader log = process.errorReader();
        String line;
        do {
            line = log.readLine();
            assertThat(line).as("ended after %s", said).isNotNull();
            said.add(line);
        } while (!line.contains(ready));
        Thread.ofVirtual().start(() -> log.lines().forEach(said::add));
        int admin = number(line, "admin on port");
        awaitReady(admin);
        return new Running(process, said, number(line, ready), admin);
    }

    private static int number(String line, String behind) {
        return Integer.parseInt(line.replaceAll(".*" + behind + " ([0-9]+).*", "$1"));
    }

    private static void awaitReady(int admin) throws IOException, InterruptedException {
        HttpRequest asks = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin + "/readyz"))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            while (client.send(asks, HttpResponse.BodyHandlers.discarding()).statusCode() != 200) {
                LockSupport.parkNanos(5_000_000);
            }
        }
    }

    int stop() throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
