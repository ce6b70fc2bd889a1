package dev.sluice.gateway.plugin;

import dev.sluice.spi.Plugin;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Compiles sources against nothing but the SPI and packs them, as somebody elsewhere would. */
public final class PluginJar {
    private static final String SERVICE = "META-INF/services/" + Plugin.class.getName();

    private final Map<String, String> sources = new LinkedHashMap<>();
    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final Map<String, String> manifest = new LinkedHashMap<>();
    private final List<Path> classPath = new ArrayList<>();

    private PluginJar() {}

    /** A jar with nothing in it. */
    public static PluginJar empty() {
        return new PluginJar();
    }

    /**
     * A plugin that brings one scorer type, {@code <id>-scorer}.
     *
     * @param members of the class that implements {@code Scorer}; {@code score(Request, Candidates, double[])} among them
     */
    public static PluginJar scorer(String id, String members) {
        return part(id, id + "-scorer", "Scorer", members);
    }

    /** A plugin that brings one type of any kind. */
    public static PluginJar part(String id, String type, String kind, String members) {
        String name = "vendor." + id.replace("-", "");
        return empty().lines(id, "1.0.0", "[1.0,2)")
                .file(SERVICE, name + ".ThePlugin\n")
                .source(name + ".ThePlugin", """
                        package %s;
                        import dev.sluice.spi.*;
                        import java.util.*;
                        public final class ThePlugin implements Plugin {
                            public String id() { return "%s"; }
                            public List<Factory<?>> factories() {
                                return List.of(Factory.of("%s", NoConfig.class, (config, context) -> new ThePart(context)));
                            }
                        }
                        """.formatted(name, id, type))
                .source(name + ".ThePart", """
                        package %s;
                        import dev.sluice.spi.*;
                        import java.util.*;
                        import java.util.random.RandomGenerator;
                        public final class ThePart implements %s {
                            final PluginContext context;
                            ThePart(PluginContext context) { this.context = context; init(); }
                            %s
                            %s
                        }
                        """.formatted(
                                name, kind, members.contains("void init()") ? "" : "void init() {}", members));
    }

    PluginJar lines(String id, String version, String spi) {
        manifest.put("Sluice-Plugin-Id", id);
        manifest.put("Sluice-Plugin-Version", version);
        manifest.put("Sluice-Spi", spi);
        return this;
    }

    PluginJar without(String line) {
        manifest.remove(line);
        return this;
    }

    public PluginJar line(String name, String value) {
        manifest.put(name, value);
        return this;
    }

    public PluginJar source(String name, String text) {
        sources.put(name, text);
        return this;
    }

    public PluginJar file(String path, String text) {
        files.put(path, text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return this;
    }

    PluginJar file(String path, byte[] content) {
        files.put(path, content);
        return this;
    }

    PluginJar withoutFile(String path) {
        files.remove(path);
        return this;
    }

    /** Compiles against a class that is not in the jar. */
    public PluginJar againstSource(String name, String text) throws IOException {
        return against(empty().source(name, text)
                .write(Files.createTempDirectory("library").resolve("library.jar")));
    }

    /** Compiles against a library too. */
    PluginJar against(Path jar) {
        classPath.add(jar);
        return this;
    }

    /** Writes {@code <plugins>/<id>/<id>.jar}. */
    public Path into(Path plugins, String id) throws IOException {
        return write(Files.createDirectories(plugins.resolve(id)).resolve(id + ".jar"));
    }

    /** Writes the jar. */
    public Path write(Path jar) throws IOException {
        Path classes = Files.createTempDirectory("classes");
        compile(classes);
        sources.clear();
        Manifest lines = new Manifest();
        lines.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.forEach(lines.getMainAttributes()::putValue);
        Path fresh = Files.createTempFile(jar.getParent(), "making", ".tmp");
        try (OutputStream out = Files.newOutputStream(fresh);
                JarOutputStream zip = new JarOutputStream(out, lines);
                Stream<Path> compiled = Files.walk(classes)) {
            for (Path file : compiled.filter(Files::isRegularFile).toList()) {
                files.put(classes.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
            }
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue());
                zip.closeEntry();
            }
        }
        Files.move(
                fresh,
                jar,
                java.nio.file.StandardCopyOption.REPLACE_EXISTING,
                java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        try (Stream<Path> compiled = Files.walk(classes)) {
            for (Path path : compiled.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
        return jar;
    }

    private void compile(Path classes) throws IOException {
        if (sources.isEmpty()) {
            return;
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        List<JavaFileObject> units = new ArrayList<>();
        sources.forEach((name, text) -> units.add(
                new SimpleJavaFileObject(
                        URI.create("string:///" + name.replace('.', '/') + ".java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignored) {
                        return text;
                    }
                }));
        StringBuilder path = new StringBuilder(spi().toString());
        classPath.forEach(jar -> path.append(java.io.File.pathSeparator).append(jar));
        List<String> options = List.of(
                "-d", classes.toString(), "-classpath", path.toString(), "-proc:none", "-Xlint:none", "-nowarn");
        if (!compiler.getTask(said, null, null, options, null, units).call()) {
            throw new IllegalArgumentException(said.toString());
        }
    }

    private static Path spi() {
        return Path.of(URI.create(
                Plugin.class.getProtectionDomain().getCodeSource().getLocation().toString()));
    }
}
