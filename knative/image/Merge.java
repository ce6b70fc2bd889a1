import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Makes one jar of those that an application's jar has on its class path: {@code java Merge.java DIRECTORY/sluice-app.jar}. Each jar
 * costs a start 0.3 ms of one core to open, and whoever looks for a service asks all of them: 140 jars are a tenth of a start.
 *
 * <p>In the order of the class path the first of a name wins, as it does there. Lists of services are joined. Licences and notices
 * of each jar stand below {@code META-INF/parts/}. Two files that differ and that nothing here knows how to join end it with an error.
 */
public final class Merge {
    private static final String LIBRARY = "lib/sluice-libraries.jar";
    private static final String VERSION = Attributes.Name.IMPLEMENTATION_VERSION.toString();
    /** The same bytes from the same jars, whenever it is run. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private static final Pattern LINES = Pattern.compile("META-INF/services/.*|META-INF/helidon/manifest");
    private static final Pattern PAPERS = Pattern.compile("META-INF/(LICENSE|NOTICE|DEPENDENCIES)[^/]*", Pattern.CASE_INSENSITIVE);
    /** Signatures no longer hold, modules are no longer those, and the rest nobody reads when it runs. */
    private static final Pattern LEFT_OUT = Pattern.compile(
            "META-INF/MANIFEST\\.MF|META-INF/[^/]*\\.(SF|RSA|DSA|EC)|(.*/)?module-info\\.class|META-INF/jandex\\.idx"
                    + "|META-INF/helidon/config-metadata\\.json");
    /** A part that another has inside it is named twice. */
    private static final String MAVEN = "META-INF/maven/";

    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final Map<String, String> from = new TreeMap<>();
    private final Map<String, Set<String>> lines = new TreeMap<>();
    private final Manifest manifest = new Manifest();

    public static void main(String... arguments) throws IOException {
        Path app = Path.of(arguments[0]);
        Path directory = app.toAbsolutePath().getParent();
        Merge merge = new Merge();
        List<Path> parts = new ArrayList<>();
        Manifest own;
        Map<String, byte[]> rest = new LinkedHashMap<>();
        try (JarFile jar = new JarFile(app.toFile())) {
            own = jar.getManifest();
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                if (!entry.isDirectory() && !entry.getName().equals(JarFile.MANIFEST_NAME)) {
                    rest.put(entry.getName(), jar.getInputStream(entry).readAllBytes());
                }
            }
        }
        for (String name : own.getMainAttributes().getValue(Attributes.Name.CLASS_PATH).split(" ")) {
            parts.add(directory.resolve(name));
            merge.add(directory.resolve(name));
        }
        merge.write(directory.resolve(LIBRARY));
        own.getMainAttributes().put(Attributes.Name.CLASS_PATH, LIBRARY);
        write(app, own, rest);
        for (Path part : parts) {
            Files.delete(part);
        }
        System.err.println("merge: " + parts.size() + " jars, " + merge.files.size() + " files");
    }

    private Merge() {
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MULTI_RELEASE, "true");
    }

    private void add(Path part) throws IOException {
        String jarName = part.getFileName().toString();
        try (JarFile jar = new JarFile(part.toFile())) {
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                String name = entry.getName();
                if (entry.isDirectory() || LEFT_OUT.matcher(name).matches()) {
                    continue;
                }
                byte[] bytes = jar.getInputStream(entry).readAllBytes();
                if (LINES.matcher(name).matches()) {
                    new String(bytes, StandardCharsets.UTF_8)
                            .lines()
                            .forEach(lines.computeIfAbsent(name, n -> new java.util.LinkedHashSet<>())::add);
                } else if (PAPERS.matcher(name).matches()) {
                    put("META-INF/parts/" + jarName + name.substring(name.indexOf('/')), bytes, jarName);
                } else {
                    put(name, bytes, jarName);
                }
            }
            version(jar);
        }
    }

    private void put(String name, byte[] bytes, String jar) throws IOException {
        byte[] before = files.putIfAbsent(name, bytes);
        if (before == null) {
            from.put(name, jar);
        } else if (!Arrays.equals(before, bytes) && !name.startsWith(MAVEN)) {
            throw new IOException(from.get(name) + " and " + jar + " both have " + name + ", and they differ");
        }
    }

    /** Our own packages know which version they are: the shortest of a jar stands for it. */
    private void version(JarFile jar) throws IOException {
        Manifest its = jar.getManifest();
        String version = its == null ? null : its.getMainAttributes().getValue(VERSION);
        String shortest = jar.stream()
                .map(ZipEntry::getName)
                .filter(name -> name.startsWith("dev/sluice/") && name.endsWith(".class"))
                .map(name -> name.substring(0, name.lastIndexOf('/') + 1))
                .min((a, b) -> Integer.compare(a.length(), b.length()))
                .orElse("");
        if (version != null && !shortest.isEmpty()) {
            manifest.getEntries()
                    .computeIfAbsent(shortest, n -> new Attributes())
                    .put(Attributes.Name.IMPLEMENTATION_VERSION, version);
        }
    }

    private void write(Path to) throws IOException {
        lines.forEach((name, all) -> files.put(name, (String.join("\n", all) + "\n").getBytes(StandardCharsets.UTF_8)));
        write(to, manifest, files);
    }

    private static void write(Path to, Manifest manifest, Map<String, byte[]> files) throws IOException {
        try (OutputStream file = Files.newOutputStream(to);
                ZipOutputStream out = new ZipOutputStream(file)) {
            begin(out, JarFile.MANIFEST_NAME);
            manifest.write(out);
            for (Map.Entry<String, byte[]> each : files.entrySet()) {
                begin(out, each.getKey());
                out.write(each.getValue());
            }
        }
    }

    private static void begin(ZipOutputStream out, String name) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(TIME);
        out.putNextEntry(entry);
    }
}
