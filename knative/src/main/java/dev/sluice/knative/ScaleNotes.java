package dev.sluice.knative;

import dev.sluice.core.discovery.Picture;
import dev.sluice.spi.Role;
import io.fabric8.knative.serving.v1.Revision;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a Revision scales, in its annotations. They may be changed on the Revision itself; on the Service they would make a new one.
 */
final class ScaleNotes {
    private static final double TARGET = 100;
    private static final double UTILIZATION = 70;

    private ScaleNotes() {}

    static Picture.Scaling of(Revision revision) {
        Map<String, String> notes = revision.getMetadata().getAnnotations();
        Map<String, String> labels = revision.getMetadata().getLabels();
        Long most = revision.getSpec() == null ? null : revision.getSpec().getContainerConcurrency();
        int least = (int) number(first(notes, Names.MIN_SCALE, Names.MIN_SCALE_OLD), 0);
        return new Picture.Scaling(
                Role.of(KnativePicture.label(labels, Role.LABEL)).orElse(Role.BOTH),
                perPod(notes, most == null ? 0 : most),
                least,
                (int) number(first(notes, Names.MIN_SCALE_BEFORE), least),
                time(first(notes, Names.PREWARM_UNTIL)));
    }

    /** As Knative's autoscaler has it: knative.dev/serving, pkg/reconciler/autoscaling/resources/target.go. */
    private static double perPod(@Nullable Map<String, String> notes, long concurrency) {
        String metric = first(notes, Names.METRIC);
        if (!metric.isEmpty() && !metric.equals("concurrency")) {
            return Double.NaN;
        }
        double total = concurrency > 0 ? concurrency : TARGET;
        double said = number(first(notes, Names.TARGET), total);
        double target = concurrency > 0 ? Math.min(total, said) : said;
        double share = number(first(notes, Names.UTILIZATION), UTILIZATION) / 100;
        return Math.max(0.01, target * share);
    }

    private static String first(@Nullable Map<String, String> notes, String... names) {
        for (String name : names) {
            String value = KnativePicture.label(notes, name);
            if (!value.isEmpty()) {
                return value.strip();
            }
        }
        return "";
    }

    private static double number(String text, double otherwise) {
        try {
            double value = text.isEmpty() ? otherwise : Double.parseDouble(text);
            return value >= 0 && value < 1e6 ? value : otherwise;
        } catch (NumberFormatException odd) {
            return otherwise;
        }
    }

    private static long time(String text) {
        try {
            return text.isEmpty() ? 0 : Instant.parse(text).toEpochMilli();
        } catch (DateTimeParseException odd) {
            return 0;
        }
    }

    /** A merge patch that sets it. */
    static String patch(Picture.Scaling now, int least, long until) {
        boolean back = until == 0;
        return "{\"metadata\":{\"annotations\":{\"" + Names.MIN_SCALE + "\":\"" + least + "\",\""
                + Names.MIN_SCALE_BEFORE + "\":"
                + (back ? "null" : "\"" + now.floor() + "\"") + ",\"" + Names.PREWARM_UNTIL + "\":"
                + (back ? "null" : "\"" + Instant.ofEpochMilli(until) + "\"") + "}}}";
    }
}
