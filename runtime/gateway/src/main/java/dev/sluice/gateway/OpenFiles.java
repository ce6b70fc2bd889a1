package dev.sluice.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the system's limit of open files means for connections. */
final class OpenFiles {
    /** Files that are no connections of clients or for them: libraries, logs, listeners, watched files, probes and metrics of engines. */
    private static final int OTHERS = 200;
    /** A client's connection, and one to an engine. */
    private static final int EACH = 2;
    /** So many in any case: with fewer a gateway is of no use. */
    private static final int LEAST = 16;

    private static final int SOFT = 3;

    private OpenFiles() {}

    /** Files that this process may have open; {@link Long#MAX_VALUE} where that can't be known. */
    static long limit() {
        try {
            return limit(Files.readString(Path.of("/proc/self/limits")));
        } catch (IOException elsewhere) {
            return Long.MAX_VALUE;
        }
    }

    /** The limit in force, of the text of {@code /proc/PID/limits}. */
    static long limit(String limits) {
        return limits.lines()
                .filter(line -> line.startsWith("Max open files"))
                .map(line -> line.split(" +", -1)[SOFT])
                .mapToLong(text -> text.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(text))
                .findFirst()
                .orElse(Long.MAX_VALUE);
    }

    /**
     * Connections of clients that there are files for.
     *
     * @param wanted as configured, at least 1
     * @param files that may be open
     */
    static int connections(int wanted, long files) {
        long room = Math.max(LEAST, (files - OTHERS) / EACH);
        return (int) Math.min(wanted, room);
    }
}
