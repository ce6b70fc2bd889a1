package dev.sluice.app.drill;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts this program once more: the same Java, the same options as the launcher chose for this process, another command. */
final class Jvm {
    private static final String LAUNCHER = "sluice.launcher";
    private static final String MAIN = "dev.sluice.app.Main";

    private Jvm() {}

    /** The command line of {@code ./sluice ARGUMENTS}. A process of its own by that id, without a shell in between. */
    static List<String> command(String... arguments) {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (System.getProperty(LAUNCHER) != null) {
            line.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        } else { // a test, whose options are not a user's
            line.addAll(List.of("-XX:+UseSerialGC", "-Xmx512m", "--add-opens=java.base/java.lang=ALL-UNNAMED"));
        }
        String path = System.getProperty("java.class.path");
        if (path.endsWith(".jar") && !path.contains(java.io.File.pathSeparator)) {
            line.addAll(List.of("-jar", path));
        } else {
            line.addAll(List.of("-cp", path, MAIN));
        }
        line.addAll(List.of(arguments));
        return line;
    }
}
