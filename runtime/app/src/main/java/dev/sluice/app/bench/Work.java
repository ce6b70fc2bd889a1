package dev.sluice.app.bench;

import java.util.List;

/** What the proxies are made to do, with the bars for it. */
enum Work {
    SATURATED("8 KB at saturation", 4, 1.5, "request"),
    PACED("8 KB at 400 requests/s", 8, 2, "request"),
    LARGE("400 KB, about 100,000 tokens", 4, 1.5, "request"),
    STREAMS("64 streams, a chunk each 10 ms", 6, 2.5, "chunk");

    private static final String RATIO = "× HAProxy";

    private final String title;
    private final double seconds;
    private final double briefSeconds;
    private final String unit;

    Work(String title, double seconds, double briefSeconds, String unit) {
        this.title = title;
        this.seconds = seconds;
        this.briefSeconds = briefSeconds;
        this.unit = unit;
    }

    String title() {
        return title;
    }

    Load load() {
        return switch (this) {
            case SATURATED -> Load.closed(Bodies.KB_8, 32);
            case PACED -> Load.open(Bodies.KB_8, 256, 400);
            case LARGE -> Load.closed(Bodies.KB_400, 16);
            case STREAMS -> Load.closed(Bodies.KB_8_STREAMS, 64);
        };
    }

    /** The same requests as fast as they go: a JVM that saw a few thousand is still compiling. */
    Load warmUp() {
        return switch (this) {
            case SATURATED, LARGE -> load();
            case PACED -> Load.closed(Bodies.KB_8, 32);
            case STREAMS -> Load.closed(Bodies.KB_8_STREAMS, 256);
        };
    }

    private List<Bar> bars() {
        return switch (this) {
            case SATURATED -> List.of(new Bar("CPU per 8 KB request at saturation", 1.9, 1.4, RATIO));
            case PACED ->
                List.of(
                        new Bar("CPU per request at 400 requests/s", 1.1, 0.8, RATIO),
                        Bar.of("added latency at 400 requests/s, p50", 0.3, "ms"),
                        Bar.of("added latency at 400 requests/s, p99", 1.5, "ms"));
            case LARGE ->
                List.of(
                        new Bar("CPU per 400 KB request, HAProxy with its own tune.bufsize", 2, 1.3, RATIO),
                        Bar.of("RSS after the 400 KB load", 200, "MB"));
            case STREAMS -> List.of(new Bar("CPU per streamed chunk", 1.1, 0.95, RATIO));
        };
    }

    /** How long one measurement lasts. */
    double seconds(boolean brief) {
        return brief ? briefSeconds : seconds;
    }

    /** What CPU time is divided by. */
    String unit() {
        return unit;
    }

    /** CPU time of one unit, microseconds. */
    double cost(Sample sample) {
        return this == STREAMS ? sample.cpuPerEvent() : sample.cpuPerRequest();
    }

    /** Units per second. */
    double rate(Sample sample) {
        return this == STREAMS ? sample.eventsPerSecond() : sample.perSecond();
    }

    /** What p50 and p99 are of. */
    String timed() {
        return this == STREAMS ? "gap" : "latency";
    }

    /** Of latency, or of the gaps in streams; ms. */
    double p50(Sample sample) {
        return this == STREAMS ? sample.gapP50() : sample.p50();
    }

    /** Of latency, or of the gaps in streams; ms. */
    double p99(Sample sample) {
        return this == STREAMS ? sample.gapP99() : sample.p99();
    }

    /** Judges what was measured; every bar multiplied by a factor. */
    List<Finding> judge(Rounds rounds, double factor) {
        return bars().stream().map(bar -> judge(bar.times(factor), rounds)).toList();
    }

    private Finding judge(Bar bar, Rounds rounds) {
        if (bar.unit().equals("MB")) {
            return bar.judge(rounds.median(Target.SLUICE, sample -> sample.rssKb() / 1024.0), 0);
        }
        if (bar.unit().equals("ms")) {
            boolean middle = bar.what().endsWith("p50");
            Rounds.Reading latency = middle ? this::p50 : this::p99;
            return bar.judge(
                    rounds.difference(Target.SLUICE, Target.DIRECT, latency).median(),
                    rounds.difference(Target.CONTROL, Target.HAPROXY, latency).deviation(0));
        }
        return bar.judge(
                rounds.ratio(Target.SLUICE, Target.HAPROXY, this::cost).median(),
                rounds.ratio(Target.CONTROL, Target.HAPROXY, this::cost).deviation(1) * bar.limit());
    }
}
