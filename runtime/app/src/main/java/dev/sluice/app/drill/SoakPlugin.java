package dev.sluice.app.drill;

import dev.sluice.spi.Candidates;
import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.Plugin;
import dev.sluice.spi.Request;
import dev.sluice.spi.Scorer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;

/**
 * A plugin of a third party, for the soak: packed into a jar of its own from this very class, again and again, so that gateways load and let
 * go of it. It sees the SPI only.
 */
public final class SoakPlugin implements Plugin {
    /** Its id, and the directory in which its jar lies. */
    static final String ID = "soak";

    static final String TYPE = "soak-scorer";

    /** For the gateways that load it. */
    public SoakPlugin() {}

    @Override
    public String id() {
        return ID;
    }

    @Override
    public List<Factory<?>> factories() {
        return List.of(Factory.of(TYPE, NoConfig.class, (_, _) -> new AllAlike()));
    }

    /** Scores all candidates alike. */
    public static final class AllAlike implements Scorer {
        /** Has no parameters. */
        public AllAlike() {}

        @Override
        public void score(Request request, Candidates candidates, double[] scores) {
            Arrays.fill(scores, 1);
        }
    }

    /** Puts a jar of this plugin into a directory of plugins, over the one that is there. */
    static void pack(Path plugins, int version) throws IOException {
        Path directory = Files.createDirectories(plugins.resolve(ID));
        Path fresh = plugins.resolveSibling("soak.next");
        Manifest manifest = new Manifest();
        Attributes lines = manifest.getMainAttributes();
        lines.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        lines.putValue("Sluice-Plugin-Id", ID);
        lines.putValue("Sluice-Plugin-Version", "1.0." + version);
        lines.putValue("Sluice-Spi", "[1.0,2)");
        try (OutputStream out = Files.newOutputStream(fresh);
                JarOutputStream jar = new JarOutputStream(out, manifest)) {
            jar.putNextEntry(new ZipEntry("META-INF/services/" + Plugin.class.getName()));
            jar.write(SoakPlugin.class.getName().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            jar.closeEntry();
            for (Class<?> type : List.of(SoakPlugin.class, AllAlike.class)) {
                String name = type.getName().replace('.', '/') + ".class";
                jar.putNextEntry(new ZipEntry(name));
                try (InputStream in = type.getResourceAsStream("/" + name)) {
                    if (in == null) {
                        throw new IOException("no " + name);
                    }
                    in.transferTo(jar);
                }
                jar.closeEntry();
            }
        }
        Files.move(
                fresh,
                directory.resolve(ID + ".jar"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }
}
