package dev.sluice.gateway.plugin;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * A jar, read once into memory. What was checked is what runs: a file that is written over while the gateway runs changes
 * nothing until the directory is loaded again.
 *
 * @param name of the file
 * @param sha256 of the file, in hex
 * @param entries by path; those for this version of Java stand in the place of the ones they replace
 * @param manifest main attributes; empty when there is none
 */
record JarBytes(String name, String sha256, Map<String, byte[]> entries, Attributes manifest) {
    static final String MANIFEST = "META-INF/MANIFEST.MF";
    private static final long MOST = 256L << 20;
    private static final Pattern VERSIONED = Pattern.compile("META-INF/versions/([0-9]{1,4})/(.+)");

    /** The hash of a file without looking into it. */
    static String hash(Path file) throws PluginRefused {
        return hash(bytes(file));
    }

    static JarBytes read(Path file) throws PluginRefused {
        byte[] content = bytes(file);
        Map<String, byte[]> raw = new LinkedHashMap<>();
        long left = MOST;
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(content))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.isDirectory()) {
                    continue;
                }
                byte[] bytes = zip.readNBytes((int) Math.min(left + 1, Integer.MAX_VALUE - 8));
                left -= bytes.length;
                if (left < 0) {
                    throw new PluginRefused(file.getFileName() + " unpacks to more than " + (MOST >> 20) + " MiB");
                }
                raw.putIfAbsent(entry.getName(), bytes);
            }
        } catch (IOException | IllegalArgumentException broken) {
            throw new PluginRefused(file.getFileName() + " is no good jar: " + broken.getMessage());
        }
        if (raw.isEmpty()) {
            throw new PluginRefused(file.getFileName() + " is no jar, or an empty one");
        }
        Attributes manifest = manifest(file, raw);
        boolean versions = Boolean.parseBoolean(manifest.getValue(Attributes.Name.MULTI_RELEASE));
        return new JarBytes(file.getFileName().toString(), hash(content), effective(raw, versions), manifest);
    }

    private static byte[] bytes(Path file) throws PluginRefused {
        try {
            if (Files.size(file) > MOST) {
                throw new PluginRefused(file.getFileName() + " is larger than " + (MOST >> 20) + " MiB");
            }
            return Files.readAllBytes(file);
        } catch (IOException unreadable) {
            throw new PluginRefused(file.getFileName() + " can't be read: " + unreadable.getMessage());
        }
    }

    private static Attributes manifest(Path file, Map<String, byte[]> raw) throws PluginRefused {
        byte[] bytes = raw.get(MANIFEST);
        if (bytes == null) {
            return new Attributes();
        }
        try {
            return new Manifest(new ByteArrayInputStream(bytes)).getMainAttributes();
        } catch (IOException broken) {
            throw new PluginRefused(file.getFileName() + " has a broken manifest: " + broken.getMessage());
        }
    }

    /** Entries under {@code META-INF/versions} replace others, the highest version up to ours first. */
    private static Map<String, byte[]> effective(Map<String, byte[]> raw, boolean versions) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        Map<String, Integer> taken = new LinkedHashMap<>();
        raw.forEach((path, bytes) -> {
            Matcher versioned = VERSIONED.matcher(path);
            int version = versions && versioned.matches() ? Integer.parseInt(versioned.group(1)) : 0;
            String plain = version > 0 ? versioned.group(2) : path;
            boolean ours = version <= Runtime.version().feature();
            if (ours && version >= Optional.ofNullable(taken.get(plain)).orElse(0)) {
                entries.put(plain, bytes);
                taken.put(plain, version);
            }
        });
        return entries;
    }

    private static String hash(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
