package dev.sluice.app.drill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What {@code /proc} says of a process. */
final class Proc {
    private Proc() {}

    /** Memory that is resident, MB; NaN when the process is gone. */
    static double rssMb(long pid) {
        return status(pid, "VmRSS:") / 1024;
    }

    /** Threads; NaN when the process is gone. */
    static double threads(long pid) {
        return status(pid, "Threads:");
    }

    /** Open files; NaN when the process is gone. */
    static double files(long pid) {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return files.count();
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    private static double status(long pid, String name) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
            return lines.filter(line -> line.startsWith(name))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException e) {
            return Double.NaN;
        }
    }
}
