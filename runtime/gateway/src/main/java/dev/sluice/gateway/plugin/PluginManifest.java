package dev.sluice.gateway.plugin;

import dev.sluice.spi.Spi;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.regex.Pattern;

/** The three lines by which a jar says that it is a plugin. */
record PluginManifest(String id, String version, SpiRange spi) {
    static final String ID = "Sluice-Plugin-Id";
    static final String VERSION = "Sluice-Plugin-Version";
    static final String SPI = "Sluice-Spi";

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,63}");

    /** The manifest of the one jar of a directory that has these lines; the others are what it depends on. */
    static PluginManifest of(String directory, List<JarBytes> jars) throws PluginRefused {
        List<JarBytes> plugins = new ArrayList<>();
        for (JarBytes jar : jars) {
            Attributes lines = jar.manifest();
            if (lines.getValue(ID) != null || lines.getValue(VERSION) != null || lines.getValue(SPI) != null) {
                plugins.add(jar);
            }
        }
        if (plugins.isEmpty()) {
            throw new PluginRefused("no jar has the manifest lines " + ID + ", " + VERSION + " and " + SPI);
        } else if (plugins.size() > 1) {
            throw new PluginRefused("both " + plugins.get(0).name() + " and "
                    + plugins.get(1).name() + " have manifest lines of a plugin: a directory holds one plugin");
        }
        return read(directory, plugins.getFirst());
    }

    private static PluginManifest read(String directory, JarBytes jar) throws PluginRefused {
        String id = line(jar, ID);
        String version = line(jar, VERSION);
        String wanted = line(jar, SPI);
        if (!NAME.matcher(id).matches()) {
            throw new PluginRefused(ID + " \"" + id + "\" is not of the form [a-z0-9-]+");
        } else if (!id.equals(directory)) {
            throw new PluginRefused(ID + " is " + id + ", but its directory is named " + directory);
        }
        SpiRange range = SpiRange.of(wanted)
                .orElseThrow(() -> new PluginRefused(SPI + " \"" + wanted + "\" is not a range such as [1.0,2)"));
        if (!range.contains(Spi.version())) {
            throw new PluginRefused("asks for SPI " + range.text() + ", this gateway has " + Spi.version());
        }
        return new PluginManifest(id, version, range);
    }

    private static String line(JarBytes jar, String name) throws PluginRefused {
        return Optional.ofNullable(jar.manifest().getValue(name))
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .orElseThrow(() -> new PluginRefused(jar.name() + " lacks the manifest line " + name));
    }
}
