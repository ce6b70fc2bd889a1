package dev.sluice.gateway.engine;

import dev.sluice.core.Scrape;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;

/**
 * Reads a Prometheus text page as it comes in and keeps the few numbers that routing needs. A real page has 60 KB and a
 * thousand lines of which six matter, so lines are told apart by their bytes: no text is made, and a line is left as soon
 * as its name can't be wanted.
 *
 * <p>Series of several data-parallel engines on one page are added up (requests, blocks) or averaged (usage). A number
 * that can't be (NaN, negative, infinite, garbage) makes its metric unknown for this page; the next best name for the
 * same thing is taken then. Unknown is NaN, never zero.
 */
final class MetricsPage {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long NEWLINES = 0x0A0A0A0A0A0A0A0AL;
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    private final double[] sums = new double[WantedMetric.ALL.length];
    private final int[] counts = new int[WantedMetric.ALL.length];
    private final SampleSink others;
    private final AdapterLines adapters = new AdapterLines();
    private double blockSize = Double.NaN;
    private double blocks = Double.NaN;
    private int samples;

    /** @param others takes what is not needed here */
    MetricsPage(SampleSink others) {
        this.others = others;
    }

    /** Reads a page that is there as a whole. */
    static Scrape parse(byte[] page, int length) {
        MetricsPage parser = new MetricsPage(SampleSink.NONE);
        int rest = parser.lines(page, 0, length);
        parser.line(page, rest, length);
        return parser.scrape();
    }

    /** Reads the complete lines in this range; returns where the incomplete rest begins. */
    int lines(byte[] bytes, int from, int to) {
        int start = from;
        for (int end = newline(bytes, start, to); end >= 0; end = newline(bytes, start, to)) {
            line(bytes, start, end);
            start = end + 1;
        }
        return start;
    }

    /** Reads one line, its end of line not included. */
    void line(byte[] bytes, int from, int to) {
        if (!others.equals(SampleSink.NONE)) {
            other(bytes, from, to);
        }
        if (to - from < WantedMetric.SHORTEST) {
            return;
        }
        if (!wanted((long) LONGS.get(bytes, from))) {
            return;
        }
        int first = bytes[from];
        for (int i = 0; i < WantedMetric.ALL.length; i++) {
            byte[] name = WantedMetric.ALL[i].name();
            int end = from + name.length;
            if (name[0] == first
                    && end < to
                    && isNameEnd(bytes[end])
                    && bytes[end - 1] == name[name.length - 1]
                    && Arrays.equals(bytes, from, end, name, 0, name.length)) {
                sample(i, bytes, end, to);
            }
        }
    }

    private static boolean wanted(long beginning) {
        for (long one : WantedMetric.BEGINNINGS) {
            if (one == beginning) {
                return true;
            }
        }
        return false;
    }

    private void other(byte[] bytes, int from, int to) {
        int end = from;
        while (end < to && !isNameEnd(bytes[end])) {
            end++;
        }
        if (end == from || end == to || bytes[from] == '#' || !others.wants(bytes, from, end)) {
            return;
        }
        LabelCursor labels = new LabelCursor(bytes, end, to);
        while (labels.next()) {
            // Only where they end is of interest.
        }
        int value = labels.valueStart();
        if (value >= 0) {
            samples++;
            others.sample(bytes, from, end, labels.text(), DecimalText.parse(bytes, value, to));
        }
    }

    private void sample(int index, byte[] bytes, int from, int to) {
        WantedMetric wanted = WantedMetric.ALL[index];
        if (wanted.signal() == WantedMetric.Signal.ADAPTERS) {
            samples += adapters.line(bytes, from, to) ? 1 : 0;
            return;
        }
        LabelCursor labels = new LabelCursor(bytes, from, to);
        boolean matches = wanted.label().length == 0;
        boolean config = wanted.signal() == WantedMetric.Signal.CONFIG;
        while (labels.next()) {
            if (config) {
                configLabel(index, labels);
            } else if (!matches) {
                matches = labels.nameIs(wanted.label()) && labels.valueIs(wanted.value());
            }
        }
        if (config || !matches) {
            return;
        }
        int valueFrom = labels.valueStart();
        double value = valueFrom < 0 ? Double.NaN : DecimalText.parse(bytes, valueFrom, to);
        sums[index] += value >= 0 && value < Double.POSITIVE_INFINITY ? value : Double.NaN;
        counts[index]++;
        samples++;
    }

    /** Labels are the values here: {@code cache_config_info{block_size="16",num_gpu_blocks="1234"} 1}. */
    private void configLabel(int index, LabelCursor labels) {
        if (labels.nameIs(WantedMetric.BLOCK_SIZE) || labels.nameIs(WantedMetric.PAGE_SIZE)) {
            blockSize = positive(labels.number(), blockSize, false);
        } else if (labels.nameIs(WantedMetric.BLOCKS) || labels.nameIs(WantedMetric.PAGES)) {
            blocks = positive(labels.number(), blocks, true);
        } else if (labels.nameIs(WantedMetric.KV_TOKENS)) {
            sums[index] += positive(labels.number(), 0, false);
            counts[index]++;
        }
    }

    private double positive(double value, double before, boolean add) {
        if (!(value > 0) || value == Double.POSITIVE_INFINITY) {
            return before;
        }
        samples++;
        return add && before > 0 ? before + value : value;
    }

    /** Whether the page had anything at all that is wanted. */
    boolean any() {
        return samples > 0;
    }

    /** What the page said. */
    Scrape scrape() {
        double size = blockSize > 0 ? blockSize : best(WantedMetric.Signal.BLOCK_SIZE);
        double count = blocks > 0 ? blocks : best(WantedMetric.Signal.BLOCKS);
        double tokens = best(WantedMetric.Signal.CONFIG);
        if (tokens > 0 && size > 0) {
            count = tokens / size; // the engine's own word: hybrid and MLA models hold other than blocks x size
        }
        Scrape read = new Scrape(
                best(WantedMetric.Signal.WAITING),
                best(WantedMetric.Signal.RUNNING),
                best(WantedMetric.Signal.KV_USAGE),
                size,
                count,
                adapters.newest(),
                Map.of());
        return read.with(others.finish());
    }

    private double best(WantedMetric.Signal signal) {
        for (int i = 0; i < WantedMetric.ALL.length; i++) {
            if (WantedMetric.ALL[i].signal() == signal && counts[i] > 0 && !Double.isNaN(sums[i])) {
                return signal.mean() ? sums[i] / counts[i] : sums[i];
            }
        }
        return Double.NaN;
    }

    private static boolean isNameEnd(byte b) {
        return b == '{' || b == ' ' || b == '\t';
    }

    /** Eight bytes at a time: the lowest zero byte of the difference is exact, those above it need not be. */
    private static int newline(byte[] bytes, int from, int to) {
        int i = from;
        for (; i + Long.BYTES <= to; i += Long.BYTES) {
            long difference = (long) LONGS.get(bytes, i) ^ NEWLINES;
            long zero = (difference - ONES) & ~difference & HIGHS;
            if (zero != 0) {
                return i + (Long.numberOfTrailingZeros(zero) >>> 3);
            }
        }
        for (; i < to; i++) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        return -1;
    }
}
