package dev.sluice.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.gateway.config.Overrides;
import dev.sluice.gateway.http.Corpus;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every raw request of {@code http/requests.txt} goes to a gateway over a socket, and what the gateway makes of it to engines with
 * parsers of three other houses. Each request gets the RFC's verdict; what an engine reads is the one request that was meant, the
 * same to all three; a request within another reaches none.
 */
@Timeout(180)
class FramingCorpusTest {
    private static final List<Corpus> ROWS;

    static {
        try {
            ROWS = Corpus.read("requests.txt");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /**
     * What came of a row.
     *
     * @param statuses of all answers until the connection ended
     * @param closes whether the last answer said that it would
     * @param seen what the engine got
     */
    private record Outcome(String statuses, boolean closes, List<ParsingEngine.Seen> seen) {}

    private static final Map<String, Map<Corpus, Outcome>> OUTCOMES = new LinkedHashMap<>();
    private static List<ParsingEngine> engines = List.of();

    @TempDir
    static Path dir;

    private static final Map<String, GatewayFixture> GATEWAYS = new LinkedHashMap<>();

    @BeforeAll
    static void start() throws Exception {
        engines = ParsingEngine.all();
        for (ParsingEngine engine : engines) {
            String name = engine.getClass().getSimpleName();
            Path file = Files.writeString(dir.resolve(name + ".yaml"), """
                server: {host: 127.0.0.1, port: 0, admin: {port: 0}, drain: {notReadyFor: 0s, streams: 1s}}
                pools:
                  - name: chat
                    models: [base]
                    endpoints: [{url: "http://127.0.0.1:%d"}]
                """.formatted(engine.port()));
            GatewayFixture gateway = GatewayFixture.load(file, Overrides.NONE, 1);
            GATEWAYS.put(name, gateway);
            Map<Corpus, Outcome> outcomes = new LinkedHashMap<>();
            for (Corpus row : ROWS) {
                outcomes.put(row, outcome(gateway, engine, row, Math.max(1, row.bytes().length)));
            }
            OUTCOMES.put(name, outcomes);
        }
    }

    @AfterAll
    static void stop() {
        GATEWAYS.values().forEach(GatewayFixture::close);
        engines.forEach(ParsingEngine::close);
    }

    @Test
    void thereAreEnoughCasesAndEachSaysItsSection() {
        assertThat(ROWS).hasSizeGreaterThanOrEqualTo(450);
        assertThat(new HashSet<>(ROWS.stream().map(Corpus::what).toList())).hasSameSizeAs(ROWS);
        assertThat(ROWS).allSatisfy(row -> {
            assertThat(row.verdict()).isIn("accept", "refuse", "may", "strict");
            assertThat(row.rfc()).matches("(9110|9112|9113|3986) [0-9C.]+");
        });
        assertThat(ROWS).filteredOn(row -> row.verdict().equals("refuse")).hasSizeGreaterThan(200);
        assertThat(ROWS).filteredOn(row -> row.verdict().equals("accept")).hasSizeGreaterThan(100);
        assertThat(ROWS).filteredOn(row -> row.verdict().equals("strict")).hasSizeLessThan(30);
    }

    @Test
    void eachRequestGetsItsVerdict() {
        List<String> wrong = new ArrayList<>();
        OUTCOMES.forEach((engine, outcomes) -> outcomes.forEach((row, outcome) -> {
            if (!outcome.statuses().equals(row.answers())) {
                wrong.add(engine + ", " + row + ", but " + outcome.statuses());
            }
            boolean refused = !row.verdict().equals("accept");
            boolean ends = outcome.statuses().equals("-")
                    || (outcome.closes() && outcome.statuses().matches("(200 )*[45][0-9][0-9]"));
            if (refused && !ends) {
                wrong.add(engine + ", " + row + ", but the connection did not end with the refusal");
            }
        }));
        assertThat(wrong).isEmpty();
    }

    @Test
    void anEngineGetsWhatWasMeantAndNothingElse() {
        List<String> wrong = new ArrayList<>();
        OUTCOMES.forEach((engine, outcomes) -> outcomes.forEach((row, outcome) -> {
            long expected = Arrays.stream(row.answers().split(" "))
                    .filter("200"::equals)
                    .count();
            boolean meant = outcome.seen().size() == expected;
            for (ParsingEngine.Seen seen : outcome.seen()) {
                meant &= seen.method().equals("POST")
                        && seen.target().equals(Corpus.CHAT)
                        && Set.of(Corpus.JSON, Corpus.ALSO).contains(seen.body())
                        && seen.headers()
                                .getOrDefault("content-length", List.of())
                                .equals(List.of(Integer.toString(seen.body().length())))
                        && !seen.headers().containsKey("transfer-encoding");
            }
            if (!meant) {
                wrong.add(engine + ", " + row + ": " + outcome.seen());
            }
        }));
        assertThat(wrong).isEmpty();
    }

    @Test
    void allParsersReadTheSame() {
        List<String> wrong = new ArrayList<>();
        assertThat(OUTCOMES).hasSize(3);
        for (Corpus row : ROWS) {
            Set<Object> readings = new HashSet<>();
            for (String engine : OUTCOMES.keySet()) {
                readings.add(lasting(whole(engine, row)));
            }
            if (readings.size() != 1) {
                wrong.add(row + ": " + readings);
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static Outcome whole(String engine, Corpus row) {
        return Objects.requireNonNull(
                Objects.requireNonNull(OUTCOMES.get(engine)).get(row));
    }

    private static List<ParsingEngine.Seen> lasting(Outcome outcome) {
        return outcome.seen().stream().map(FramingCorpusTest::lasting).toList();
    }

    /** Without what differs from one request to the next, and from engine to engine. */
    private static ParsingEngine.Seen lasting(ParsingEngine.Seen seen) {
        Map<String, List<String>> headers = new TreeMap<>(seen.headers());
        assertThat(headers.remove("host")).hasSize(1);
        assertThat(headers.remove("x-request-id")).hasSize(1);
        // Each takes bytes above 127 for another character.
        headers.replaceAll((name, values) ->
                values.stream().map(v -> v.replaceAll("[^ -~\t]", "?")).toList());
        return new ParsingEngine.Seen(seen.method(), seen.target(), headers, seen.body());
    }

    /** Whether an interim answer is due depends on whether the body is here when the head is. */
    private static String settled(String statuses) {
        return statuses.replace("100 ", "");
    }

    /**
     * How many of these answers a client waits for before it ends its side, and with it whatever has no answer yet. A 100 counts only
     * where it is the last that comes: elsewhere it comes or not, as the body was there or not.
     */
    private static int awaited(String statuses, Corpus row) {
        return (int) Arrays.stream(statuses.split(" "))
                .filter(status -> !status.isEmpty()
                        && !status.equals("-")
                        && (!status.equals("100") || row.answers().equals("100")))
                .count();
    }

    @Test
    void theVerdictDoesNotDependOnHowTheBytesArrive() throws IOException {
        List<String> wrong = new ArrayList<>();
        ParsingEngine engine = engines.getLast();
        String name = engine.getClass().getSimpleName();
        GatewayFixture gateway = Objects.requireNonNull(GATEWAYS.get(name));
        for (Corpus row : ROWS) {
            int n = row.bytes().length;
            for (int piece : n == 0 || n > 500 ? new int[0] : new int[] {1, 3, 7, n / 2}) {
                if (piece == 0) {
                    continue;
                }
                Outcome outcome = outcome(gateway, engine, row, piece);
                if (!settled(outcome.statuses()).equals(settled(row.answers()))
                        || !lasting(outcome).equals(lasting(whole(name, row)))) {
                    wrong.add(row + " in pieces of " + piece + ", but " + outcome.statuses() + " " + outcome.seen());
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static Outcome outcome(GatewayFixture gateway, ParsingEngine engine, Corpus row, int piece)
            throws IOException {
        int before = engine.seen.size();
        List<String> statuses = new ArrayList<>();
        boolean closes = false;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.gateway.port())) {
            socket.setSoTimeout(15_000);
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            send(socket, row.bytes(), piece);
            boolean ended = false;
            int expected = awaited(row.answers(), row);
            while (true) {
                if (awaited(String.join(" ", statuses), row) >= expected && !ended) {
                    ended = true;
                    socket.shutdownOutput(); // not before: a client that ends its side has left
                }
                String head = lines(in);
                if (head.isEmpty()) {
                    break;
                }
                closes = answer(row, head, in, statuses);
            }
        } catch (SocketException reset) {
            // what came before counts
        } catch (IOException | RuntimeException unreadable) {
            statuses.add("and what is no answer: " + unreadable.getMessage());
        }
        return new Outcome(
                statuses.isEmpty() ? "-" : String.join(" ", statuses),
                closes,
                List.copyOf(engine.seen.subList(before, engine.seen.size())));
    }

    private static void send(Socket socket, byte[] bytes, int piece) throws IOException {
        for (int i = 0; i < bytes.length; i += piece) {
            try {
                socket.getOutputStream().write(bytes, i, Math.min(piece, bytes.length - i));
            } catch (SocketException refusedAlready) {
                return;
            }
        }
    }

    /** Reads an answer whose head has been read; whether it says that the connection ends. */
    private static boolean answer(Corpus row, String head, InputStream in, List<String> statuses) throws IOException {
        boolean bodiless = new String(row.bytes(), StandardCharsets.ISO_8859_1).startsWith("HEAD ");
        String lower = head.toLowerCase(Locale.ROOT);
        int status = Integer.parseInt(head.substring(9, 12));
        int at = lower.indexOf("\r\ncontent-length: ");
        String body = "";
        if (at >= 0 && !bodiless) {
            int from = at + "\r\ncontent-length: ".length();
            int length = Integer.parseInt(lower.substring(from, lower.indexOf('\r', from)));
            body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
            assertThat(body).as("%s, body of %s", row, head).hasSize(length);
        }
        boolean own = status == 200 && !body.equals(HygieneTest.ANSWER);
        statuses.add(status + (own ? "*" : ""));
        return lower.contains("\r\nconnection: close");
    }

    /** A head; empty at the end of the stream. */
    private static String lines(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = in.read();
            if (c < 0 && head.isEmpty()) {
                return "";
            }
            if (c < 0) {
                throw new IOException("cut: " + head);
            }
            head.append((char) c);
        }
        return head.toString();
    }
}
