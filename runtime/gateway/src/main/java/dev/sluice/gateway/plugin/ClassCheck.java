package dev.sluice.gateway.plugin;

import dev.sluice.spi.Plugin;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.util.List;
import java.util.Map;

/**
 * What a class must not do or be, found without loading it: ending the process, which no guard around a call can stop;
 * being an SPI class, which would be a stranger to the gateway's own; needing a later Java.
 *
 * <p>This finds accidents. It is no sandbox: code that means harm reaches {@code exit} by reflection, or does worse.
 */
final class ClassCheck {
    static final String SPI_PACKAGE = Plugin.class.getPackageName();
    private static final String SPI_PATH = SPI_PACKAGE.replace('.', '/') + "/";
    private static final Map<String, List<String>> ENDS = Map.of(
            "java/lang/System", List.of("exit"),
            "java/lang/Runtime", List.of("exit", "halt"));

    private ClassCheck() {}

    /** Checks all classes of a jar. */
    static void check(JarBytes jar) throws PluginRefused {
        for (Map.Entry<String, byte[]> entry : jar.entries().entrySet()) {
            String path = entry.getKey();
            if (!path.endsWith(".class")) {
                continue;
            }
            if (path.startsWith(SPI_PATH) && path.indexOf('/', SPI_PATH.length()) < 0) {
                throw new PluginRefused(jar.name() + " contains the SPI class " + name(path)
                        + ": depend on sluice-spi with scope provided");
            }
            if (!path.startsWith("META-INF/")) {
                check(jar.name(), name(path), entry.getValue());
            }
        }
    }

    private static void check(String jar, String name, byte[] bytes) throws PluginRefused {
        try {
            ClassModel model = ClassFile.of().parse(bytes);
            int newest = ClassFile.latestMajorVersion();
            if (model.majorVersion() > newest) {
                throw new PluginRefused(jar + ": class " + name + " needs Java " + (model.majorVersion() - 44)
                        + ", this is Java " + (newest - 44));
            }
            for (PoolEntry entry : model.constantPool()) {
                if (entry instanceof MemberRefEntry member && ends(member)) {
                    throw new PluginRefused(jar + ": class " + name + " calls "
                            + member.owner().asInternalName().replace('/', '.') + "."
                            + member.name().stringValue() + ", which would end the gateway");
                }
            }
        } catch (IllegalArgumentException broken) {
            throw new PluginRefused(jar + ": class " + name + " is broken: " + broken.getMessage());
        }
    }

    private static boolean ends(MemberRefEntry member) {
        return ENDS.getOrDefault(member.owner().asInternalName(), List.of())
                .contains(member.name().stringValue());
    }

    private static String name(String path) {
        return path.substring(0, path.length() - ".class".length()).replace('/', '.');
    }
}
