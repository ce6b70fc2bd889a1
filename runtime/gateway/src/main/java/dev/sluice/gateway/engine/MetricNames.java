package dev.sluice.gateway.engine;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The engines' metrics that are read from their pages. */
public final class MetricNames {
    /** Where vLLM tells which adapters it has loaded: known from its models instead. */
    private static final String ADAPTERS = "vllm:lora_requests_info";

    private MetricNames() {}

    /** Name, or {@code name{label=value}}, of each. */
    public static List<String> all() {
        List<String> names = new ArrayList<>();
        for (WantedMetric metric : WantedMetric.ALL) {
            String name = text(metric.name());
            names.add(
                    metric.label().length == 0
                            ? name
                            : name + "{" + text(metric.label()) + "=" + text(metric.value()) + "}");
        }
        return names;
    }

    /** True when this metric, written as {@link #all} writes it or with quotes and blanks, is one of them. */
    public static boolean reads(String spec) {
        String plain = spec.replaceAll("[\"' ]", "");
        return plain.equals(ADAPTERS) || all().contains(plain);
    }

    private static String text(byte[] ascii) {
        return new String(ascii, StandardCharsets.US_ASCII);
    }
}
