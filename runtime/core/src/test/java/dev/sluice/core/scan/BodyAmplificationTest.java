package dev.sluice.core.scan;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No body takes more than ten times the memory that a harmless body of the same size does. */
class BodyAmplificationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int SIZE = 1 << 16;
    private final BodyScanner scanner = new BodyScanner(Oracle.PATHS);

    @Test
    void noBodyCostsTenTimesWhatAHarmlessOneOfItsSizeCosts() throws Exception {
        Map<String, byte[]> bodies = new LinkedHashMap<>(inputs());
        String start = "{\"model\":\"m\",\"messages\":[";
        bodies.put("deep", text("[".repeat(SIZE)));
        bodies.put("many messages", text(start + "{\"role\":\"user\",\"content\":\"\"},".repeat(SIZE / 30) + "{}]}"));
        bodies.put("many parts", text(start + "{\"content\":[" + "{\"text\":\"a\"},".repeat(SIZE / 13) + "{}]}]}"));
        bodies.put("many keys", text("{" + keys(4000) + "\"model\":\"m\",\"messages\":[]}"));
        bodies.put("too many keys", text("{" + keys(6000) + "\"model\":\"m\",\"messages\":[]}"));
        bodies.put(
                "taken fields", text("{\"model\":\"m\",\"messages\":[],\"vllm_xargs\":{" + taken(3000) + "\"x\":1}}"));
        bodies.put(
                "taken and others",
                text("{\"model\":\"m\",\"messages\":[],\"vllm_xargs\":{" + mixed(2000) + "\"x\":1}}"));
        bodies.put("escapes", text(start + "{\"content\":\"" + "\\u00e9".repeat(SIZE / 6) + "\"}]}"));
        bodies.put("numbers", text("{\"model\":\"m\",\"messages\":[],\"x\":[" + "1,".repeat(SIZE / 2) + "1]}"));
        bodies.put("a long number", text("{\"model\":\"m\",\"messages\":[],\"x\":" + "9".repeat(SIZE) + "}"));
        bodies.put("token ids", text("{\"model\":\"m\",\"prompt\":[" + "1,".repeat(SIZE / 2) + "1]}"));
        bodies.put("a long model", text("{\"model\":\"" + "m".repeat(SIZE) + "\",\"messages\":[]}"));
        bodies.put(
                "media",
                text(start + "{\"content\":[" + "{\"image_url\":{\"url\":\"a\"}},".repeat(SIZE / 27) + "{}]}]}"));
        double worst = 0;
        for (Map.Entry<String, byte[]> body : bodies.entrySet()) {
            for (Api api : List.of(Api.CHAT, Api.COMPLETIONS, Api.GENERATE)) {
                byte[] harmless = harmless(body.getValue().length);
                double ratio = (double) memory(api, body.getValue()) / memory(Api.CHAT, harmless);
                worst = Math.max(worst, ratio);
                assertThat(ratio).as("%s as %s", body.getKey(), api).isLessThanOrEqualTo(10);
            }
        }
        System.out.printf("BodyAmplificationTest: %d bodies, at most %.1f x a harmless one%n", bodies.size(), worst);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String keys(int count) {
        StringBuilder keys = new StringBuilder();
        for (int i = 0; i < count; i++) {
            keys.append("\"k").append(i).append("\":0,");
        }
        return keys.toString();
    }

    private static String taken(int count) {
        StringBuilder keys = new StringBuilder();
        for (int i = 0; i < count; i++) {
            keys.append("\"bootstrap_").append(i).append("\":0,");
        }
        return keys.toString();
    }

    private static String mixed(int count) {
        StringBuilder keys = new StringBuilder();
        for (int i = 0; i < count; i++) {
            keys.append("\"bootstrap_").append(i).append("\":0,\"").append(i).append("\":0,");
        }
        return keys.toString();
    }

    private static byte[] harmless(int size) {
        String start = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"";
        String end = "\"}]}";
        return text(start + "x".repeat(Math.max(0, size - start.length() - end.length())) + end);
    }

    private static Map<String, byte[]> inputs() throws IOException, URISyntaxException {
        URI inputs = Objects.requireNonNull(BodyAmplificationTest.class.getResource("BodyScanFuzzTestInputs/scan"))
                .toURI();
        Map<String, byte[]> all = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(Path.of(inputs))) {
            for (Path file : files.sorted().toList()) {
                byte[] input = Files.readAllBytes(file);
                all.put(file.getFileName().toString(), java.util.Arrays.copyOfRange(input, 1, input.length));
            }
        }
        assertThat(all).hasSizeGreaterThan(15);
        return all;
    }

    /** The body itself, which is held, and what scanning and editing it allocates: the least of several tries. */
    private long memory(Api api, byte[] body) {
        ByteBuffer bytes = ByteBuffer.wrap(body);
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            try {
                Edits.of(scanner.scan(api, bytes)).allowPriority().apply();
            } catch (BadBodyException refused) {
                // which costs too
            }
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return body.length + least;
    }
}
