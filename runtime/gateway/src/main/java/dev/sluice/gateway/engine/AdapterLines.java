package dev.sluice.gateway.engine;

import dev.sluice.core.Adapters;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads {@code vllm:lora_requests_info{max_lora="4",running_lora_adapters="a,b",waiting_lora_adapters=""} 1.7e9}: the value is
 * the time at which that was so, and of several series the newest counts. A series with the same names stays on the page
 * as it was, so there is one for every set of names that has been seen.
 */
final class AdapterLines {
    private static final byte[] MAX = "max_lora".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RUNNING = "running_lora_adapters".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] WAITING = "waiting_lora_adapters".getBytes(StandardCharsets.US_ASCII);
    /** More names than any engine holds; what a page makes up beyond is not kept. */
    private static final int MOST = 1000;

    private double newestAt = Double.NEGATIVE_INFINITY;
    private Adapters newest = Adapters.UNKNOWN;

    /** One line behind the metric's name; true when it could be read. */
    boolean line(byte[] bytes, int from, int to) {
        LabelCursor labels = new LabelCursor(bytes, from, to);
        String running = "";
        String waiting = "";
        double max = Double.NaN;
        while (labels.next()) {
            if (labels.nameIs(RUNNING)) {
                running = labels.value();
            } else if (labels.nameIs(WAITING)) {
                waiting = labels.value();
            } else if (labels.nameIs(MAX)) {
                max = labels.number();
            }
        }
        int value = labels.valueStart();
        double at = value < 0 ? Double.NaN : DecimalText.parse(bytes, value, to);
        if (Double.isNaN(at) || Double.isNaN(max)) {
            return false;
        }
        if (at >= newestAt) {
            newestAt = at;
            newest = new Adapters(names(running), names(waiting), max);
        }
        return true;
    }

    Adapters newest() {
        return newest;
    }

    private static List<String> names(String list) {
        return Stream.of(list.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .limit(MOST)
                .toList();
    }
}
