package dev.sluice.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that may open few files, and clients that take them all. */
@Timeout(120)
class FewFilesTest {
    private static final int FILES = 300;
    private static final Pattern SERVING = Pattern.compile("serving on port (\\d+), admin on port (\\d+)");

    @TempDir
    Path directory;

    @Test
    void whatRunsGoesOnWhenNothingMoreCanBeOpened() throws Exception {
        try (DemoFleet fleet = DemoFleet.start(1, 1)) {
            Path config = Files.writeString(directory.resolve("gateway.yaml"), """
                server: {host: 127.0.0.1, port: 0, admin: {port: 0}, drain: {notReadyFor: 0s, streams: 1s}}
                pools: [{name: p, models: [%s], endpoints: [{url: "http://127.0.0.1:%d"}]}]
                """.formatted(
                            DemoFleet.MODEL, fleet.ports().getFirst()));
            Process process = new ProcessBuilder(
                            "sh",
                            "-c",
                            "ulimit -n " + FILES + "; exec \"$0\" \"$@\"",
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            "dev.sluice.app.Main",
                            "serve",
                            "--config",
                            config.toString())
                    .redirectErrorStream(true)
                    .start();
            try {
                BufferedReader log = process.inputReader();
                int port = port(log);
                Thread.ofVirtual().start(() -> log.lines().forEach(_ -> {}));
                assertThat(answer(port, 4)).as("a first answer").contains("200");
                try (Socket stream = connect(port)) {
                    stream.getOutputStream().write(chat(200, true));
                    read(stream, "data: ");
                    List<Socket> greedy = new ArrayList<>();
                    try {
                        for (int i = 0; i < FILES; i++) {
                            greedy.add(connect(port));
                        }
                        assertThat(read(stream, "[DONE]"))
                                .as("the stream that ran")
                                .contains("[DONE]");
                        assertThat(process.isAlive()).isTrue();
                    } finally {
                        for (Socket socket : greedy) {
                            socket.close();
                        }
                    }
                }
                assertThat(answerInTheEnd(port)).as("a request afterwards").contains("200");
            } finally {
                process.destroyForcibly();
            }
        }
    }

    private static int port(BufferedReader log) throws IOException {
        for (String line = log.readLine(); line != null; line = log.readLine()) {
            Matcher serving = SERVING.matcher(line);
            if (serving.find()) {
                return Integer.parseInt(serving.group(1));
            }
        }
        throw new IOException("it did not start");
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 5_000);
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static byte[] chat(int tokens, boolean stream) {
        String body = "{\"model\":\"" + DemoFleet.MODEL + "\",\"ignore_eos\":true,\"max_tokens\":" + tokens
                + ",\"stream\":" + stream + ",\"messages\":[{\"role\":\"user\",\"content\":\"why?\"}]}";
        return ("POST /v1/chat/completions HTTP/1.1\r\n"
                        + "Host: x\r\n"
                        + "Content-Type: application/json\r\n"
                        + "Connection: close\r\n"
                        + "Content-Length:"
                        + " " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static String answer(int port, int tokens) throws IOException {
        try (Socket socket = connect(port)) {
            socket.getOutputStream().write(chat(tokens, false));
            return read(socket, "\r\n");
        }
    }

    private static String answerInTheEnd(int port) {
        long end = System.nanoTime() + 20_000_000_000L;
        String last = "";
        while (System.nanoTime() < end && !last.contains("200")) {
            try {
                last = answer(port, 4);
            } catch (IOException busy) {
                last = String.valueOf(busy.getMessage());
                java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
            }
        }
        return last;
    }

    private static String read(Socket socket, String until) throws IOException {
        StringBuilder seen = new StringBuilder();
        while (seen.indexOf(until) < 0) {
            int c = socket.getInputStream().read();
            if (c < 0) {
                throw new IOException("ended before " + until + ": " + seen);
            }
            seen.append((char) c);
        }
        return seen.toString();
    }
}
