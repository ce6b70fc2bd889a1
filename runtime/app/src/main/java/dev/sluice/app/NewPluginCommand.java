package dev.sluice.app;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "new",
        mixinStandardHelpOptions = true,
        description =
                "Makes a plugin project: a scorer with parameters, its contract tests and a POM. It builds at once.")
final class NewPluginCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "Id of the plugin: lower-case letters, digits and -.")
    private String name = "";

    @Option(names = "--into", paramLabel = "DIR", description = "Where to put it. Default: a new directory NAME.")
    private Optional<Path> into = Optional.empty();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        if (!name.matches("[a-z][a-z0-9]*(-[a-z0-9]+)*") || name.length() > 50) {
            return wrong("\"" + name + "\" is no id for a plugin: it must look like zone-price");
        }
        Path root = into.orElse(Path.of(name));
        if (Files.exists(root) && (!Files.isDirectory(root) || !isEmpty(root))) {
            return wrong(root + " is there already and is not an empty directory");
        }
        String words = Arrays.stream(name.split("-"))
                .map(word -> word.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + word.substring(1))
                .collect(Collectors.joining());
        String inPackage = "plugin." + name.replace("-", "");
        String sources = inPackage.replace('.', '/');
        Map<String, String> files = new LinkedHashMap<>();
        files.put("pom.xml", "pom.xml");
        files.put("README.md", "README.md");
        files.put("src/main/java/" + sources + "/" + words + "Plugin.java", "Plugin.java");
        files.put("src/main/java/" + sources + "/" + words + "Config.java", "Config.java");
        files.put("src/main/java/" + sources + "/" + words + "Scorer.java", "Scorer.java");
        files.put("src/test/java/" + sources + "/" + words + "ScorerTest.java", "Test.java");
        for (Map.Entry<String, String> file : files.entrySet()) {
            write(
                    root.resolve(file.getKey()),
                    template(file.getValue())
                            .replace("@PACKAGE@", inPackage)
                            .replace("@CLASS@", words)
                            .replace("@NAME@", name)
                            .replace("@VERSION@", version()));
        }
        write(
                root.resolve("src/main/resources/META-INF/services/dev.sluice.spi.Plugin"),
                inPackage + "." + words + "Plugin\n");
        write(root.resolve(".gitignore"), "target/\n");
        spec.commandLine().getOut().println(root + ": a plugin project; README.md says how to build and use it");
        spec.commandLine().getOut().flush();
        return Main.FINE;
    }

    private int wrong(String message) {
        spec.commandLine().getErr().println("sluice plugins new: " + message);
        return Main.WRONG_USE;
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, text);
    }

    private static String template(String file) throws IOException {
        return new String(resource("plugin/" + file + ".txt"), StandardCharsets.UTF_8);
    }

    /** Version of the SPI's artifacts: that of this build. */
    private static String version() throws IOException {
        Properties build = new Properties();
        build.load(new java.io.ByteArrayInputStream(resource("build.properties")));
        return build.getProperty("version", "");
    }

    private static byte[] resource(String path) throws IOException {
        try (InputStream in = NewPluginCommand.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IOException(path + " is missing from this build");
            }
            return in.readAllBytes();
        }
    }
}
