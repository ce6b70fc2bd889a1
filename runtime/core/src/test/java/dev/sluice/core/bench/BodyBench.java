package dev.sluice.core.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.core.index.BlockRules;
import dev.sluice.core.index.PromptHashes;
import dev.sluice.core.scan.Api;
import dev.sluice.core.scan.BadBodyException;
import dev.sluice.core.scan.BodyScan;
import dev.sluice.core.scan.BodyScanner;
import dev.sluice.core.scan.EditedBody;
import dev.sluice.core.scan.Edits;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one body costs: the scan, the hashes, the edits. Run with {@code runtime/core/bench}, which takes JMH's own options.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class BodyBench {
    /** Size of the body in bytes. */
    @Param({"8192", "409600"})
    public int size;

    /** Plain prose, prose with an escape every 60 bytes as code and Markdown have it, or Chinese. */
    @Param({"ascii", "escapes", "cjk"})
    public String text = "ascii";

    private ByteBuffer body = ByteBuffer.allocate(0);
    private BodyScanner scanner = new BodyScanner();
    private BodyScan scanned = scan();

    /** Makes the body: a system message, then turns of about 1,200 bytes. */
    @Setup
    public void setUp() {
        StringBuilder json =
                new StringBuilder("{\"model\":\"chat\",\"messages\":[{\"role\":\"system\",\"content\":\"Help.\"}");
        Random random = new Random(1);
        int bytes = json.length();
        while (bytes < size - 1300) {
            String turn = ",{\"role\":\"user\",\"content\":\"" + words(random) + "\"}";
            json.append(turn);
            bytes += turn.getBytes(UTF_8).length;
        }
        json.append("],\"stream\":true,\"max_tokens\":256,\"temperature\":0.7}");
        byte[] encoded = json.toString().getBytes(UTF_8);
        body = ByteBuffer.allocateDirect(encoded.length).put(0, encoded);
        scanner = new BodyScanner();
        scanned = scan();
    }

    private String words(Random random) {
        StringBuilder words = new StringBuilder();
        while (words.length() < (text.equals("cjk") ? 400 : 1200)) {
            switch (text) {
                case "cjk" -> words.append((char) (0x4E00 + random.nextInt(5000)));
                case "escapes" ->
                    words.append("x".repeat(40 + random.nextInt(40))).append("\\n");
                default ->
                    words.append("word")
                            .append((char) ('a' + random.nextInt(26)))
                            .append(' ');
            }
        }
        return words.toString();
    }

    private BodyScan scan() {
        try {
            return scanner.scan(Api.CHAT, body.capacity() == 0 ? ByteBuffer.wrap("{}".getBytes(UTF_8)) : body);
        } catch (BadBodyException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One pass. */
    @Benchmark
    public BodyScan scanOnly() {
        return scan();
    }

    /** The chain of block hashes. */
    @Benchmark
    public PromptHashes hashOnly() {
        return PromptHashes.of(scanned, 1, BlockRules.DEFAULT);
    }

    /** What every request pays: scan, hashes, another model, usage asked for. */
    @Benchmark
    public int all() {
        BodyScan scan = scan();
        EditedBody edited = Edits.of(scan).model("acme/chat-8b").includeUsage().apply();
        return edited.length() + PromptHashes.of(scan, 1, BlockRules.DEFAULT).count();
    }
}
