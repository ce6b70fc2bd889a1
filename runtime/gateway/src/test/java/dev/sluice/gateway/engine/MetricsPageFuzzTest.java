package dev.sluice.gateway.engine;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.sluice.core.Scrape;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Metrics pages: the same in pieces as at once, never a number that can't be, and what a regular expression and the JDK read. */
class MetricsPageFuzzTest {
    private static final String RUNNING = "vllm:num_requests_running";
    private static final Pattern SAMPLE = Pattern.compile(RUNNING
            + "(?:\\{(?:[a-z_]+=\"(?:[^\"\\\\]|\\\\.)*\",)*(?:[a-z_]+=\"(?:[^\"\\\\]|\\\\.)*\")?})?[ \\t]+([^"
            + " \\t\\r"
            + "]{1,64})(?:[ \\t\\r"
            + "].*)?");

    /** @param input a size of pieces, and the page */
    @FuzzTest
    void page(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] page = Arrays.copyOfRange(input, 1, input.length);
        Scrape whole = MetricsPage.parse(page, page.length);
        Scrape pieces = pieces(page, 1 + (input[0] & 0xff));
        if (!whole.equals(pieces)) {
            throw new AssertionError(pieces + " in pieces, " + whole + " at once");
        }
        for (double number :
                new double[] {whole.waiting(), whole.running(), whole.kvUsage(), whole.blockSize(), whole.kvBlocks()}) {
            if (number < 0 || Double.isInfinite(number)) {
                throw new AssertionError("a number that can't be: " + whole);
            }
        }
        OptionalDouble running = running(new String(page, StandardCharsets.ISO_8859_1));
        if (running.isPresent() && Double.compare(running.getAsDouble(), whole.running()) != 0) {
            throw new AssertionError("read " + whole.running() + ", expected " + running.getAsDouble());
        }
    }

    private static Scrape pieces(byte[] page, int piece) {
        MetricsPage parser = new MetricsPage(SampleSink.NONE);
        byte[] buffer = new byte[page.length];
        int held = 0;
        for (int from = 0; from < page.length; from += piece) {
            int size = Math.min(piece, page.length - from);
            System.arraycopy(page, from, buffer, held, size);
            held += size;
            int rest = parser.lines(buffer, 0, held);
            System.arraycopy(buffer, rest, buffer, 0, held - rest);
            held -= rest;
        }
        parser.line(buffer, 0, held);
        return parser.scrape();
    }

    /** The sum of vLLM's running requests where each of its lines is a proper one with a number that can be; else empty. */
    private static OptionalDouble running(String page) {
        if (page.contains("sglang:") || page.contains("trtllm_") || page.contains("nv_")) {
            return OptionalDouble.empty();
        }
        double sum = 0;
        int lines = 0;
        for (String line : page.split("\n", -1)) {
            if (!line.startsWith(RUNNING)) {
                continue;
            }
            Matcher sample = SAMPLE.matcher(line);
            if (!sample.matches() || !sample.group(1).matches("\\+?[0-9]{1,15}(\\.[0-9]{0,15})?([eE][+-]?[0-9])?")) {
                return OptionalDouble.empty();
            }
            sum += Double.parseDouble(sample.group(1));
            lines++;
        }
        return lines == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum > 1e9 ? Double.NaN : sum);
    }
}
