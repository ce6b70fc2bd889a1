package dev.sluice.app.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the drill judges by must itself be right: a checker that finds nothing wrong is worth nothing. */
@Timeout(60)
class PartsTest {
    private static final String TOKEN = "data: {\"choices\":[{\"delta\":{\"content\":\" word\"}}]}";
    private static final String ROLE = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}";
    private static final String FINISH = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}";
    private static final String ERROR = "data: {\"error\":{\"message\":\"cut\",\"code\":\"upstream_cut\"}}";
    private static final String DONE = "data: [DONE]";

    private static Ending ending(int expected, boolean framed, String... lines) {
        StreamCheck check = new StreamCheck();
        for (String line : lines) {
            check.line(line);
        }
        return check.ending(expected, framed);
    }

    @Test
    void aStreamIsCompleteOnlyWithAllItsTokensAReasonAndItsMarker() {
        assertThat(ending(2, true, ROLE, TOKEN, TOKEN, FINISH, DONE)).isEqualTo(Ending.COMPLETE);
        assertThat(ending(3, true, ROLE, TOKEN, TOKEN, FINISH, DONE))
                .as("a token too few")
                .isEqualTo(Ending.FALSE_END);
        assertThat(ending(1, true, ROLE, TOKEN, TOKEN, FINISH, DONE))
                .as("doubled")
                .isEqualTo(Ending.FALSE_END);
        assertThat(ending(2, true, ROLE, TOKEN, TOKEN, DONE)).as("no reason").isEqualTo(Ending.FALSE_END);
        assertThat(ending(2, true, ROLE, TOKEN, TOKEN, FINISH)).as("no marker").isEqualTo(Ending.FALSE_END);
        assertThat(ending(2, true, ROLE, TOKEN, TOKEN, FINISH, DONE, TOKEN))
                .as("goes on")
                .isEqualTo(Ending.FALSE_END);
        assertThat(ending(2, true, ROLE, ERROR, DONE)).as("error and marker").isEqualTo(Ending.FALSE_END);
        assertThat(ending(2, true, ROLE, TOKEN, ERROR)).isEqualTo(Ending.ERROR_EVENT);
        assertThat(ending(2, false, ROLE, TOKEN, TOKEN, FINISH)).isEqualTo(Ending.CUT);
        assertThat(ending(2, false, ROLE, TOKEN, TOKEN, FINISH, DONE)).isEqualTo(Ending.COMPLETE);
    }

    /** A server that answers each connection with the same bytes and closes it, or resets it before a byte. */
    private static final class Canned implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private volatile String answer;

        private Canned(String answer) throws IOException {
            this.answer = answer;
            Thread.ofVirtual().start(this::serve);
        }

        private int port() {
            return listener.getLocalPort();
        }

        private void serve() {
            while (!listener.isClosed()) {
                try (Socket socket = listener.accept()) {
                    InputStream in = socket.getInputStream();
                    StringBuilder head = new StringBuilder();
                    while (head.indexOf("\r\n\r\n") < 0) {
                        int c = in.read();
                        if (c < 0) {
                            break;
                        }
                        head.append((char) c);
                    }
                    if (head.indexOf("GET /readyz") == 0) {
                        write(socket, "HTTP/1.1 " + (answer.equals("503") ? "503" : "200") + " x\r\n\r\n");
                        continue;
                    }
                    String length = head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1");
                    in.readNBytes(Integer.parseInt(length));
                    write(socket, answer);
                } catch (IOException e) {
                    // The next one.
                }
            }
        }

        private static void write(Socket socket, String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        }

        private void die() throws IOException {
            listener.close();
        }

        @Override
        public void close() throws IOException {
            die();
        }
    }

    private static String stream(boolean last, String... lines) {
        StringBuilder text = new StringBuilder(
                "HTTP/1.1 200 OK\r\nx-sluice-id: slc-1\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
        for (String line : lines) {
            String chunk = line + "\n\n";
            text.append(Integer.toHexString(chunk.length()))
                    .append("\r\n")
                    .append(chunk)
                    .append("\r\n");
        }
        return text + (last ? "0\r\n\r\n" : "");
    }

    private static Result call(String answer, boolean stream, int tokens) throws IOException {
        try (Canned server = new Canned(answer);
                Client client = new Client(server.port(), _ -> "g")) {
            return client.call(new Ask("m", stream, tokens, "p"), "", false);
        }
    }

    @Test
    void aClientKnowsHowItsAnswerEnded() throws Exception {
        Result good = call(stream(true, ROLE, TOKEN, FINISH, DONE), true, 1);
        assertThat(good.ending()).as(good.why()).isEqualTo(Ending.COMPLETE);
        assertThat(good.id()).isEqualTo("slc-1");
        assertThat(good.gateway()).isEqualTo("g");
        assertThat(good.tokenNanos()).isPositive();
        assertThat(call(stream(false, ROLE, TOKEN), true, 2).ending()).isEqualTo(Ending.CUT);
        assertThat(call(stream(true, ROLE, TOKEN), true, 2).ending()).isEqualTo(Ending.FALSE_END);
        assertThat(call("", true, 1).ending()).isEqualTo(Ending.NO_BYTE);
        assertThat(call("HTTP/1.1 200 OK\r\ncontent-le", true, 1).ending()).isEqualTo(Ending.CUT);
        String refused = "{\"error\":{\"code\":\"overloaded\"}}";
        assertThat(call("HTTP/1.1 503 x\r\ncontent-length: " + refused.length() + "\r\n\r\n" + refused, true, 1)
                        .ending())
                .isEqualTo(Ending.REFUSED);
        String whole = "{\"choices\":[{\"finish_reason\":\"length\"}]}";
        String head = "HTTP/1.1 200 OK\r\ncontent-length: ";
        assertThat(call(head + whole.length() + "\r\n\r\n" + whole, false, 1).ending())
                .isEqualTo(Ending.COMPLETE);
        assertThat(call(head + (whole.length() + 1) + "\r\n\r\n" + whole, false, 1)
                        .ending())
                .isEqualTo(Ending.CUT);
        assertThat(call("nonsense\r\n\r\n", false, 1).ending()).isEqualTo(Ending.FALSE_END);
    }

    @Test
    void theFrontSendsConnectionsToWhoeverIsReadyAndPassesOverWhoIsGone() throws Exception {
        String answer = stream(true, ROLE, TOKEN, FINISH, DONE);
        try (Front front = Front.start();
                Canned ready = new Canned(answer);
                Canned busy = new Canned("503");
                Canned gone = new Canned(answer)) {
            front.add("ready", ready.port());
            front.add("busy", busy.port());
            front.add("gone", gone.port());
            await(() -> front.ready("ready") && front.ready("gone"));
            assertThat(front.ready("busy")).isFalse();
            gone.die();
            try (Client client = new Client(front.port(), front::carrier)) {
                for (int i = 0; i < 12; i++) {
                    Result result = client.call(new Ask("m", true, 1, "p"), "", false);
                    assertThat(result.ending()).as(result.why()).isEqualTo(Ending.COMPLETE);
                    assertThat(result.gateway()).isEqualTo("ready");
                }
            }
            front.remove("ready");
            assertThat(front.ready("ready")).isFalse();
        }
    }

    private static void await(java.util.function.BooleanSupplier done) {
        long end = System.nanoTime() + 20_000_000_000L;
        while (!done.getAsBoolean()) {
            assertThat(System.nanoTime()).as("time").isLessThan(end);
            java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
        }
    }

    @Test
    void aMissedBarIsKnownAndAFigureThatIsNotThereMissesIt() throws Exception {
        Sheet sheet = new Sheet("here");
        sheet.begin("drill");
        sheet.atMost("few", 0, 0, "");
        sheet.atLeast("many", 99.95, 99.9, "%");
        sheet.figure("free", 7, "s");
        assertThat(sheet.missed()).isFalse();
        assertThat(sheet.markdown())
                .contains("| drill | many | 99.95 % | ≥ 99.90 % | met |")
                .contains("| free | 7 s | – | – |");
        sheet.atMost("lost", Double.NaN, 1, "");
        assertThat(sheet.missed()).isTrue();
        assertThat(sheet.markdown()).contains("not measured | ≤ 1 | MISSED");
        assertThat(sheet.json()).contains("\"missed\" : true").contains("\"met\" : false");
    }

    @Test
    void aTrendIsWhatGrowsInTheSecondHalfAndNotAnOutlier() {
        Trend flat = new Trend();
        Trend grows = new Trend();
        for (int i = 0; i < 40; i++) {
            flat.add(i, i < 15 ? 2 * i : i == 30 ? 500 : 100);
            grows.add(i, i);
        }
        assertThat(flat.growth()).isZero();
        assertThat(grows.growth()).isEqualTo(19);
        assertThat(grows.last()).isEqualTo(39);
        assertThat(new Trend().growth()).isNaN();
    }

    @Test
    void seriesAreSummedByNameAndLabel() {
        Series page = Series.of("# HELP a b\na{x=\"1\",y=\"2\"} 3.0\na{x=\"2\"} 4\nab 9\n\na 1\n");
        assertThat(page.count()).isEqualTo(4);
        assertThat(page.sum("a")).isEqualTo(8);
        assertThat(page.sum("a", "x=\"2\"")).isEqualTo(4);
    }

    @Test
    void aRequestAsksForTheTokensThatItsAnswerIsHeldTo() {
        Ask ask = Ask.any(new SplittableRandom(1), "m");
        String text = new String(ask.bytes("key", true), StandardCharsets.US_ASCII);
        assertThat(text)
                .contains("\"max_tokens\":" + ask.tokens())
                .contains("Authorization: Bearer key")
                .doesNotContain("Connection: close");
        String body = text.substring(text.indexOf("\r\n\r\n") + 4);
        assertThat(text).contains("Content-Length: " + body.length() + "\r\n");
    }

    @Test
    void aTallyKeepsTheEndOfRequestsThatWereRepeated() throws Exception {
        Tally tally = new Tally(true);
        Result lost = new Result(Ending.NO_BYTE, "a", "", 0, 1, 0, "closed");
        Result good = new Result(Ending.COMPLETE, "b", "slc-2", 200, 1, 1, "");
        tally.add(new Tally.Request(lost, good, true));
        tally.add(new Tally.Request(lost, lost, false));
        assertThat(tally.await(2, 1)).isTrue();
        assertThat(tally.await(3, 0)).isFalse();
        assertThat(tally.count(Ending.COMPLETE)).isEqualTo(1);
        assertThat(tally.retried()).isEqualTo(1);
        assertThat(tally.attempts()).containsExactly(lost, good, lost);
        assertThat(tally.words()).isEqualTo("1 complete, 1 lost before a byte");
        assertThat(tally.examples()).hasSize(1);
    }

    @Test
    void theSoaksPluginIsAJarOfItsOwnThatAGatewayLoads(@TempDir Path directory) throws Exception {
        SoakPlugin.pack(directory.resolve("plugins"), 7);
        Path file = directory.resolve("plugins/soak/soak.jar");
        assertThat(Files.exists(file)).isTrue();
        try (JarFile jar = new JarFile(file.toFile())) {
            assertThat(jar.getManifest().getMainAttributes().getValue("Sluice-Plugin-Version"))
                    .isEqualTo("1.0.7");
        }
        dev.sluice.app.RanHere ran = dev.sluice.app.RanHere.of(
                "plugins", "--directory", directory.resolve("plugins").toString());
        assertThat(ran.code()).as(ran.text()).isZero();
        assertThat(ran.text()).contains(SoakPlugin.TYPE);
        assertThat(List.of(new SoakPlugin().id())).containsExactly("soak");
    }

    @Test
    void aClockIsFoundWhereItsPackagePutsItAndSetBothWays(@TempDir Path directory) throws Exception {
        assertThat(FalseClock.in(List.of(directory, directory.resolve("nowhere"))))
                .isEmpty();
        Path library = Files.createDirectories(directory.resolve("any-linux-gnu/faketime"))
                .resolve("libfaketimeMT.so.1");
        Files.createFile(library);
        FalseClock clock =
                FalseClock.in(List.of(directory.resolve("nowhere"), directory)).orElseThrow();
        Path own = Files.createDirectory(directory.resolve("gateway"));
        assertThat(clock.environment(own))
                .containsEntry("LD_PRELOAD", library.toString())
                .containsEntry("FAKETIME_TIMESTAMP_FILE", own.resolve("clock").toString());
        assertThat(own.resolve("clock")).hasContent("+0");
        FalseClock.set(own, Duration.ofHours(-1));
        assertThat(own.resolve("clock")).hasContent("-3600");
        FalseClock.set(own, Duration.ofDays(1));
        assertThat(own.resolve("clock")).hasContent("+86400");
    }

    @Test
    void aBlackholeTakesNoMoreConnections() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        try (Blackhole hole = Blackhole.at(port);
                Client client = new Client(port, _ -> "")) {
            assertThat(hole).isNotNull();
            assertThat(client.call(new Ask("m", false, 1, "p"), "", false).ending())
                    .isNotEqualTo(Ending.COMPLETE);
        }
    }
}
