package dev.sluice.gateway.admin;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** What all threads do at this moment, virtual ones too. Stacks hold names of methods, nothing of any request. */
final class ThreadDump {
    private ThreadDump() {}

    static String text() throws IOException {
        Path directory = Files.createTempDirectory("sluice-threads");
        Path file = directory.resolve("threads.txt"); // the JVM writes to a new file only
        try {
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                    .dumpThreads(file.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
            return Files.readString(file);
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(directory);
        }
    }
}
