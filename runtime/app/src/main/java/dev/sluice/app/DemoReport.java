package dev.sluice.app;

import java.util.Locale;

/** What the demo prints. */
final class DemoReport {
    private static final int BAR = 40;

    private DemoReport() {}

    static String text(DemoWorkload workload, int engines, long seed, DemoResult roundRobin, DemoResult routed) {
        double longest = Math.max(roundRobin.percentile(0.9), routed.percentile(0.9));
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "%n%d requests of %d customers, each with a long system prompt of its own; %d simulated engines (8B on an H100,"
                        + " small caches,%nengine time %.1fx); seed %d; each run on cold engines%n%n",
                workload.asks().size(),
                DemoWorkload.customers(),
                engines,
                1 / DemoFleet.TIME_SCALE,
                seed));
        text.append(String.format(Locale.ROOT, "%-34s %12s %12s%n", "", "round robin", "Sluice"));
        row(text, "time to first token, p50 (ms)", roundRobin.percentile(0.5), routed.percentile(0.5));
        row(text, "time to first token, p90 (ms)", roundRobin.percentile(0.9), routed.percentile(0.9));
        row(text, "time to first token, p99 (ms)", roundRobin.percentile(0.99), routed.percentile(0.99));
        row(text, "prompt tokens from cache (%)", 100 * roundRobin.hitRate(), 100 * routed.hitRate());
        row(
                text,
                "prompt tokens computed",
                roundRobin.queriedTokens() - roundRobin.hitTokens(),
                routed.queriedTokens() - routed.hitTokens());
        row(text, "failed requests", roundRobin.failed(), routed.failed());
        text.append(String.format("%ntime to first token, p90%n"));
        bar(text, "round robin", roundRobin.percentile(0.9), longest);
        bar(text, "Sluice", routed.percentile(0.9), longest);
        text.append(String.format("prompt tokens from cache%n"));
        bar(text, "round robin", roundRobin.hitRate(), 1);
        bar(text, "Sluice", routed.hitRate(), 1);
        text.append(String.format("(cache figures are the engines' own counters, times are the clients')%n"));
        return text.toString();
    }

    private static void row(StringBuilder text, String name, double roundRobin, double routed) {
        text.append(String.format(Locale.ROOT, "%-34s %,12.0f %,12.0f%n", name, roundRobin, routed));
    }

    private static void bar(StringBuilder text, String name, double value, double of) {
        int length = of > 0 && value > 0 ? (int) Math.round(BAR * Math.min(1, value / of)) : 0;
        text.append(String.format("  %-12s %s%n", name, "#".repeat(length)));
    }

    static String tryIt(int port, int adminPort, String id) {
        return String.format("""

                The gateway keeps serving. Try:

                  curl -N http://127.0.0.1:%1$d/v1/chat/completions -H 'content-type: application/json' \\
                    -d '{"model":"chat","stream":true,"max_tokens":20,"messages":[{"role":"user","content":"Hello"}]}'
                  ./sluice explain %3$s --admin http://127.0.0.1:%2$d
                  open http://127.0.0.1:%2$d/   (console)      curl http://127.0.0.1:%2$d/metrics

                Ctrl-C ends it.
                """, port, adminPort, id);
    }
}
