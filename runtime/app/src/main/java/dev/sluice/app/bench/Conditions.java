package dev.sluice.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** When, where and with what was measured: without it a figure is worth little. */
final class Conditions {
    private Conditions() {}

    static String of(Workbench bench) throws IOException {
        String commit = bench.launcher().commit();
        return String.format(
                Locale.ROOT,
                "%s UTC%s, AOT cache: %s, Java %s; %s, Linux %s, gateway on core %s, load and backends on %s;"
                        + " load average before: %s",
                ZonedDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT)),
                commit.isEmpty() ? "" : ", commit " + commit,
                bench.cached() ? "yes" : "no",
                Runtime.version(),
                processor(),
                System.getProperty("os.version"),
                bench.cores().gateway(),
                bench.cores().load(),
                bench.loadBefore());
    }

    private static String processor() throws IOException {
        return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse(System.getProperty("os.arch"));
    }
}
