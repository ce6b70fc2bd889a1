package dev.sluice.app.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured, as Markdown or as JSON. */
final class Report {
    private final String conditions;
    private final Map<Work, Rounds> works = new EnumMap<>(Work.class);
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /**
     * An empty one.
     *
     * @param conditions when, where and with what was measured
     */
    Report(String conditions) {
        this.conditions = conditions;
    }

    void add(Work work, Rounds rounds, double factor) {
        works.put(work, rounds);
        findings.addAll(work.judge(rounds, factor));
    }

    void add(Finding finding) {
        findings.add(finding);
    }

    /** Adds a sentence about figures that no bar is set for. */
    void note(String text) {
        notes.add(text);
    }

    /** True when a bar was missed. */
    boolean missed() {
        return findings.stream().anyMatch(finding -> finding.verdict() == Verdict.MISSED);
    }

    String markdown() {
        StringBuilder text = new StringBuilder(conditions).append("\n");
        works.forEach((work, rounds) -> table(text, work, rounds));
        text.append("\n### Bars\n\n| bar | figure | limit; stretch | spread | verdict |\n|---|--:|--:|--:|---|\n");
        for (Finding finding : findings) {
            Bar bar = finding.bar();
            String limit = bar.show(bar.limit()) + (bar.stretch() < bar.limit() ? "; " + bar.show(bar.stretch()) : "");
            String spread = finding.spread() > 0 ? "± " + bar.show(finding.spread()) : "–";
            row(
                    text,
                    bar.what(),
                    bar.show(finding.figure()),
                    limit,
                    spread,
                    finding.verdict().toString());
        }
        notes.forEach(note -> text.append("\n").append(note).append("\n"));
        return text.toString();
    }

    private static void table(StringBuilder text, Work work, Rounds rounds) {
        text.append("\n### ")
                .append(work.title())
                .append("\n\n")
                .append(work.load())
                .append("\n\n");
        row(
                text,
                "",
                work.unit() + "s/s",
                "CPU µs per " + work.unit(),
                "× HAProxy",
                work.timed() + " p50 ms",
                "p99 ms",
                "added p50",
                "added p99",
                "RSS MB",
                "failed");
        text.append("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        for (Target target : rounds.targets()) {
            boolean direct = target == Target.DIRECT;
            row(
                    text,
                    target.toString(),
                    number("%.0f", rounds.median(target, work::rate)),
                    direct ? "–" : number("%.1f", rounds.median(target, work::cost)),
                    direct || target == Target.HAPROXY
                            ? "–"
                            : rounds.ratio(target, Target.HAPROXY, work::cost).show(),
                    number("%.3f", rounds.median(target, work::p50)),
                    number("%.3f", rounds.median(target, work::p99)),
                    direct
                            ? "–"
                            : number(
                                    "%.3f",
                                    rounds.difference(target, Target.DIRECT, work::p50)
                                            .median()),
                    direct
                            ? "–"
                            : number(
                                    "%.3f",
                                    rounds.difference(target, Target.DIRECT, work::p99)
                                            .median()),
                    direct ? "–" : number("%.0f", rounds.median(target, sample -> sample.rssKb() / 1024.0)),
                    Long.toString(failed(rounds, target)));
        }
    }

    private static long failed(Rounds rounds, Target target) {
        return rounds.of(target).stream().mapToLong(Sample::failed).sum();
    }

    private static void row(StringBuilder text, String... cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    private static String number(String format, double value) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, format, value);
    }

    String json() throws JsonProcessingException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode json = mapper.createObjectNode().put("conditions", conditions);
        ObjectNode byWork = json.putObject("works");
        works.forEach((work, rounds) -> {
            ObjectNode targets = byWork.putObject(name(work));
            rounds.targets().forEach(target -> {
                ArrayNode samples = targets.putArray(name(target));
                rounds.of(target).forEach(sample -> samples.addPOJO(sample));
            });
        });
        ArrayNode bars = json.putArray("bars");
        for (Finding finding : findings) {
            ObjectNode bar = bars.addObject()
                    .put("bar", finding.bar().what())
                    .put("unit", finding.bar().unit())
                    .put("limit", finding.bar().limit())
                    .put("stretch", finding.bar().stretch());
            if (!Double.isNaN(finding.figure())) {
                bar.put("figure", finding.figure());
            }
            if (!Double.isNaN(finding.spread())) {
                bar.put("spread", finding.spread());
            }
            bar.put("verdict", name(finding.verdict()));
        }
        ArrayNode texts = json.putArray("notes");
        notes.forEach(texts::add);
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(json);
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
