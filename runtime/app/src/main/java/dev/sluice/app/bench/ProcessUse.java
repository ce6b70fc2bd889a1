package dev.sluice.app.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a process has used, by {@code /proc}.
 *
 * @param cpuSeconds of all its threads, user and system, since it began; in steps of 10 ms
 * @param rssKb memory that is resident now, in KiB
 */
record ProcessUse(double cpuSeconds, long rssKb) {
    private static final double TICKS_PER_SECOND = 100;

    static ProcessUse of(long pid) throws IOException {
        Path directory = Path.of("/proc", Long.toString(pid));
        return parse(Files.readString(directory.resolve("stat")), Files.readString(directory.resolve("status")));
    }

    /** From the texts of {@code stat} and {@code status}; proc_pid_stat(5), fields 14 and 15. */
    static ProcessUse parse(String stat, String status) {
        String[] afterName = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        long ticks = Long.parseLong(afterName[11]) + Long.parseLong(afterName[12]);
        long rss = status.lines()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
        return new ProcessUse(ticks / TICKS_PER_SECOND, rss);
    }
}
