package dev.sluice.plugins;

import dev.sluice.spi.ConfigException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A metric as llm-d's configurations name it: {@code name} or {@code name{label=value, other="value"}}. Series that have
 * these labels, among others, are meant.
 *
 * @param name of the metric
 * @param labels with the value each must have
 */
record MetricSpec(String name, Map<String, String> labels) {
    private static final Pattern WHOLE = Pattern.compile("\\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\\s*(?:\\{(.*)})?\\s*");

    MetricSpec {
        labels = Map.copyOf(labels);
    }

    /** @throws ConfigException when the text is none */
    static MetricSpec parse(String text) {
        Matcher whole = WHOLE.matcher(text);
        if (!whole.matches()) {
            throw new ConfigException("'" + text + "' is no metric: name or name{label=value}");
        }
        String inside = whole.group(2) == null ? "" : whole.group(2);
        Map<String, String> labels = SampleLabels.of(inside, true);
        if (labels.isEmpty() && !inside.isBlank()) {
            throw new ConfigException("'" + text + "': expected label=value, … within the braces");
        }
        return new MetricSpec(whole.group(1), labels);
    }

    /** True when a sample with these labels, as they stand on the page, is meant. */
    boolean matches(String sample) {
        return labels.isEmpty() || SampleLabels.of(sample, false).entrySet().containsAll(labels.entrySet());
    }

    /** The value of one of a sample's labels; empty when it has none of that name. */
    static String value(String sample, String name) {
        return SampleLabels.of(sample, false).getOrDefault(name, "");
    }
}
